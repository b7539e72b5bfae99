package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// Store is where backups lie: named objects. Names are parts divided by slashes. All methods may be
// called from many goroutines at once.
type Store interface {
	// Put writes an object of size bytes, whole or not at all; one of the same name is replaced. It may read
	// the content more than once.
	Put(ctx context.Context, name string, content io.ReadSeeker, size int64) error
	// Get reads an object; ErrNotFound if there is none.
	Get(ctx context.Context, name string) (io.ReadCloser, error)
	// List gives the names of all objects that begin with a prefix, in their order.
	List(ctx context.Context, prefix string) ([]string, error)
	// Folders gives the first parts of all names that have more than one, in their order.
	Folders(ctx context.Context) ([]string, error)
	// Delete removes an object; one that is not there is no error.
	Delete(ctx context.Context, name string) error
	// String says where it is, without secrets.
	String() string
}

// ErrNotFound means that the store has no object of that name.
var ErrNotFound = errors.New("it is not in the store")

// Open opens the store at an address: the path of a folder, or s3://bucket/prefix?endpoint=…&region=….
// env reads environment variables: an S3 store takes its credentials from AWS_ACCESS_KEY_ID,
// AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, and its region from AWS_REGION if the address has none.
func Open(address string, env func(string) string) (Store, error) {
	scheme, _, hasScheme := strings.Cut(address, "://")
	switch {
	case address == "":
		return nil, errors.New("the address of the backups' store is empty (name a folder, or s3://bucket/prefix?endpoint=…&region=…)")
	case hasScheme && scheme == "s3":
		return openS3(address, env)
	case hasScheme:
		return nil, fmt.Errorf("%q is no store for backups: it is a folder, or s3://bucket/prefix?endpoint=…&region=…", address)
	}
	return Folder(filepath.Clean(address)), nil
}
