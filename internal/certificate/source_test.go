package certificate_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/payhub/payhub/internal/certificate"
	"github.com/payhub/payhub/internal/certificate/certificatetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// journal is a log that can be read.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) count(part string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Count(j.text.String(), part)
}

func (j *journal) logger() *slog.Logger { return slog.New(slog.NewTextHandler(j, nil)) }

// open opens a source that ends with the test.
func open(t *testing.T, files certificatetest.Files, log *slog.Logger) *certificate.Source {
	t.Helper()
	s, err := certificate.Open(files.Cert, files.Key, files.CA, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// half gives the first half of a file.
func half(file []byte) []byte { return file[:len(file)/2] }

func TestOpenSaysWhatIsWrong(t *testing.T) {
	ca := certificatetest.NewAuthority(t, "nodes")
	good, other := ca.Node(t, 1, "c"), ca.Node(t, 2, "c")
	hour := time.Hour
	expired := ca.Issue(t, certificatetest.Options{Name: "x", NotBefore: time.Now().Add(-2 * hour), NotAfter: time.Now().Add(-hour)})
	early := ca.Issue(t, certificatetest.Options{Name: "x", NotBefore: time.Now().Add(hour), NotAfter: time.Now().Add(2 * hour)})
	locked := []byte("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n")
	for _, c := range []struct {
		name          string
		cert, key, ca []byte
		want          string
	}{
		{"no certificate file", nil, good.Key, ca.PEM(), "tls.crt does not exist"},
		{"no key file", good.Cert, nil, ca.PEM(), "tls.key does not exist"},
		{"no file of authorities", good.Cert, good.Key, nil, "ca.crt does not exist"},
		{"empty certificate", []byte{}, good.Key, ca.PEM(), "holds no certificate"},
		{"certificate is no PEM", []byte("hello"), good.Key, ca.PEM(), "holds no certificate"},
		{"certificate ends in the middle", half(good.Cert), good.Key, ca.PEM(), "ends in the middle of a block after 0 certificates"},
		{"second certificate ends in the middle", append(bytes.Clone(good.Cert), half(ca.PEM())...), good.Key, ca.PEM(), "ends in the middle of a block after 1 certificates"},
		{"certificate is damaged", []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), good.Key, ca.PEM(), "certificate 1 of"},
		{"key of another certificate", good.Cert, other.Key, ca.PEM(), "does not fit the certificate"},
		{"key ends in the middle", good.Cert, half(good.Key), ca.PEM(), "does not fit the certificate"},
		{"key is encrypted", good.Cert, locked, ca.PEM(), "is encrypted"},
		{"expired", expired.Cert, expired.Key, ca.PEM(), "expired at"},
		{"not valid yet", early.Cert, early.Key, ca.PEM(), "is not valid before"},
		{"authorities without certificates", good.Cert, good.Key, []byte("# none\n"), "ca.crt holds no certificate"},
		{"authorities that may not sign", good.Cert, good.Key, other.Cert, "may sign others now"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			path := func(name string, content []byte) string {
				if content != nil {
					certificatetest.Replace(t, filepath.Join(dir, name), content)
				}
				return filepath.Join(dir, name)
			}
			s, err := certificate.Open(path("tls.crt", c.cert), path("tls.key", c.key), path("ca.crt", c.ca), nil)
			if err == nil {
				s.Close()
				t.Fatal("it was opened")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %q, it should contain %q", err, c.want)
			}
		})
	}
}

func TestOpenNeedsPairs(t *testing.T) {
	for _, names := range [][3]string{{}, {"a", "", "c"}, {"", "b", "c"}} {
		if s, err := certificate.Open(names[0], names[1], names[2], nil); err == nil {
			s.Close()
			t.Errorf("%q was opened", names)
		}
	}
}

func TestAHalfWrittenPairKeepsTheOldOne(t *testing.T) {
	ca, log := certificatetest.NewAuthority(t, "nodes"), &journal{}
	files := ca.Node(t, 1, "c").Write(t, t.TempDir(), ca)
	s := open(t, files, log.logger())
	before := s.Status()

	next := ca.Node(t, 1, "c")
	certificatetest.Replace(t, files.Cert, next.Cert)
	for range 3 {
		if err := s.Reload(); err == nil || !strings.Contains(err.Error(), "does not fit") {
			t.Fatalf("a certificate without its key was taken: %v", err)
		}
	}
	now := s.Status()
	if now.Serial != before.Serial || now.Problem == "" || now.Refused != 1 || now.Reloads != 0 {
		t.Errorf("the status is %+v", now)
	}
	if n := log.count("the last good ones stay in force"); n != 1 {
		t.Errorf("it was said %d times", n)
	}

	if err := os.Remove(files.Key); err != nil {
		t.Fatal(err)
	}
	if err := s.Reload(); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("a missing key: %v", err)
	}
	certificatetest.Replace(t, files.Key, next.Key)
	if err := s.Reload(); err != nil {
		t.Fatal(err)
	}
	now = s.Status()
	if now.Serial == before.Serial || now.Problem != "" || now.Reloads != 1 || log.count("certificate replaced") != 1 {
		t.Errorf("the whole pair was not taken: %+v", now)
	}
}

func TestOldFilesPutBackAreInForceAgain(t *testing.T) {
	ca := certificatetest.NewAuthority(t, "nodes")
	pair, dir := ca.Node(t, 1, "c"), t.TempDir()
	files := pair.Write(t, dir, ca)
	s := open(t, files, nil)
	certificatetest.Replace(t, files.Cert, half(pair.Cert))
	if err := s.Reload(); err == nil {
		t.Fatal("half a certificate was taken")
	}
	certificatetest.Replace(t, files.Cert, pair.Cert)
	if err := s.Reload(); err != nil || s.Status().Problem != "" || s.Status().Reloads != 0 {
		t.Errorf("%v, %+v", err, s.Status())
	}
}

func TestChangedFilesAreSeenWithinASecondAndExpiryIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ca, log := certificatetest.NewAuthority(t, "nodes"), &journal{}
		short := ca.Issue(t, certificatetest.Options{Name: "short", NotAfter: time.Now().Add(10 * time.Minute)})
		files := short.Write(t, t.TempDir(), ca)
		s, err := certificate.Open(files.Cert, files.Key, files.CA, log.logger())
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if left := time.Until(s.Status().NotAfter); left != 10*time.Minute {
			t.Errorf("the certificate is said to last for %v", left)
		}
		time.Sleep(5 * time.Minute)
		if n := log.count("expires soon"); n != 1 {
			t.Errorf("the coming expiry was said %d times", n)
		}
		time.Sleep(30 * time.Minute)
		if n := log.count("has expired"); n != 1 {
			t.Errorf("the expiry was said %d times within half an hour", n)
		}
		ca.Node(t, 1, "c").Write(t, filepath.Dir(files.Cert), ca)
		time.Sleep(1100 * time.Millisecond)
		if got := s.Status(); got.Reloads != 1 {
			t.Errorf("the new files were not seen: %+v", got)
		}
	})
}
