package ops

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrNotFound means that the store holds no such thing (yet: it is a little behind the log).
var ErrNotFound = errors.New("operations store: not found")

// ErrCursor means that a cursor is none that a page gave.
var ErrCursor = errors.New("operations store: this is no cursor of a page")

// Page says which part of a list is wanted, newest first.
type Page struct {
	// Limit is the most rows: 1 to 1000, 50 when 0.
	Limit int
	// After is the Next of the page before; empty is the first page.
	After string
}

// List is one page of a list.
type List[T any] struct {
	Items []T `json:"items"`
	// Next asks for the page after this one; empty when this is the last.
	Next string `json:"next,omitempty"`
}

// cursor is a place in a list that is ordered by time and then by key.
type cursor struct{ time, key int64 }

func (p Page) limit() int {
	if p.Limit <= 0 {
		return 50
	}
	return min(p.Limit, 1000)
}

func (p Page) cursor() (c cursor, err error) {
	if p.After == "" {
		return cursor{1<<63 - 1, 1<<63 - 1}, nil
	}
	time, key, _ := strings.Cut(p.After, "-")
	c.time, err = strconv.ParseInt(time, 10, 64)
	if err == nil {
		c.key, err = strconv.ParseInt(key, 10, 64)
	}
	if err != nil {
		return c, fmt.Errorf("%w: %q", ErrCursor, p.After)
	}
	return c, nil
}

// condition collects what rows must be.
type condition struct {
	text []string
	args []any
}

// add demands something, when the value is given.
func (c *condition) add(text, value string) {
	if value != "" {
		c.text = append(c.text, text)
		c.args = append(c.args, value)
	}
}

// list reads one page of a table, newest first: columns, table and the columns of time and key
// are ours, the condition's values are the caller's and are passed as arguments.
func list[T any](ctx context.Context, s *Store, query string, time, key string, c condition, p Page, scan func(*sql.Rows, *T) error, at func(*T) cursor) (List[T], error) {
	page := List[T]{Items: []T{}}
	from, err := p.cursor()
	if err != nil {
		return page, err
	}
	c.text = append(c.text, fmt.Sprintf("(%s, %s) < (?, ?)", time, key))
	c.args = append(c.args, from.time, from.key, p.limit()+1)
	rows, err := s.read.QueryContext(ctx, fmt.Sprintf("%s WHERE %s ORDER BY %s DESC, %s DESC LIMIT ?", query, strings.Join(c.text, " AND "), time, key), c.args...)
	if err != nil {
		return page, err
	}
	defer rows.Close()
	for rows.Next() {
		var item T
		if err := scan(rows, &item); err != nil {
			return page, err
		}
		page.Items = append(page.Items, item)
	}
	if len(page.Items) > p.limit() {
		page.Items = page.Items[:p.limit()]
		last := at(&page.Items[len(page.Items)-1])
		page.Next = fmt.Sprintf("%d-%d", last.time, last.key)
	}
	return page, rows.Err()
}

// one reads the first row of a query.
func one[T any](ctx context.Context, s *Store, query string, scan func(*sql.Rows, *T) error, args ...any) (item T, err error) {
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return item, err
	}
	defer rows.Close()
	if !rows.Next() {
		return item, errors.Join(rows.Err(), ErrNotFound)
	}
	return item, scan(rows, &item)
}
