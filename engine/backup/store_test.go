package backup_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/payhub/payhub/engine/backup"
	"github.com/payhub/payhub/engine/backup/storetest"
)

// newS3 is a store in a server in this process.
func newS3(t *testing.T) backup.Store {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("backups"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(server.Close)
	env := map[string]string{"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"}
	s, err := backup.Open("s3://backups/of/payhub?region=eu-west-1&endpoint="+server.URL, func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAFolderIsAStore(t *testing.T) {
	storetest.Conform(t, backup.Folder(t.TempDir()+"/not/there/yet"))
}

func TestABucketIsAStore(t *testing.T) { storetest.Conform(t, newS3(t)) }

func TestAddressesOfStores(t *testing.T) {
	credentials := map[string]string{"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"}
	for _, c := range []struct {
		address string
		env     map[string]string
		want    string // the error, or "" for none
	}{
		{"", nil, "is empty"},
		{"/backups", nil, ""},
		{"ftp://host/folder", nil, "is no store for backups"},
		{"s3:///prefix?region=r", credentials, "is no address of a bucket"},
		{"s3://id:secret@bucket/prefix", credentials, "credentials come from AWS_ACCESS_KEY_ID"},
		{"s3://bucket?region=r&endpont=http://host", credentials, "endpont is unknown"},
		{"s3://bucket", credentials, "has no region"},
		{"s3://bucket?region=r", nil, "needs credentials"},
		{"s3://bucket?region=r", credentials, ""},
	} {
		s, err := backup.Open(c.address, func(name string) string { return c.env[name] })
		switch {
		case c.want == "" && (err != nil || s.String() != c.address):
			t.Errorf("%q: %v, %v", c.address, s, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%q: %v, want %q in it", c.address, err, c.want)
		}
	}
}

func TestNoObjectLiesOutsideOfAFolder(t *testing.T) {
	s := backup.Folder(t.TempDir())
	if err := s.Put(t.Context(), "../x", strings.NewReader(""), 0); err == nil {
		t.Error("an object was written outside of the folder")
	}
}
