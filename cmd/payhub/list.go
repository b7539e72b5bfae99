package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/payhub/payhub/hub/ops"
	"github.com/spf13/cobra"
)

// listOf describes a command that lists what the operations store holds.
type listOf[T any] struct {
	what, short, example string
	path                 string
	// filters are the flags that are parameters of the request, by flag name.
	filters map[string]filter
	heading []string
	row     func(*T) []string
}

type filter struct{ parameter, usage string }

// listCommand makes the command: it reads GET path of the operations API.
func listCommand[T any](a *app, l listOf[T]) *cobra.Command {
	var limit int
	var after string
	c := &cobra.Command{
		Use: "list", Short: l.short, Example: l.example, Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			query := url.Values{"limit": {strconv.Itoa(limit)}}
			if after != "" {
				query.Set("after", after)
			}
			for flag, f := range l.filters {
				if value, _ := c.Flags().GetString(flag); value != "" {
					query.Set(f.parameter, value)
				}
			}
			var list ops.List[T]
			if err := a.callHTTP(c.Context(), l.what, httpCall{method: http.MethodGet, path: l.path + "?" + query.Encode()}, &list); err != nil {
				return err
			}
			return a.print(list, func(w io.Writer) {
				rows := make([][]string, 0, len(list.Items))
				for i := range list.Items {
					rows = append(rows, l.row(&list.Items[i]))
				}
				table(w, l.heading, rows)
				if list.Next != "" {
					fmt.Fprintf(w, "more: --after %s\n", list.Next)
				}
			})
		},
	}
	c.Flags().IntVar(&limit, "limit", 50, "most rows, up to 1000")
	c.Flags().StringVar(&after, "after", "", "go on after a page: what it said under more (next in JSON)")
	for flag, f := range l.filters {
		c.Flags().String(flag, "", f.usage)
	}
	return c
}
