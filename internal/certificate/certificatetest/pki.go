// Package certificatetest makes authorities and certificates for tests, with crypto/x509 alone.
package certificatetest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Authority signs certificates.
type Authority struct {
	// Certificate is the authority's own one.
	Certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// Options say what a certificate is for.
type Options struct {
	// Name is its common name.
	Name string
	// DNS and IPs are its subject alternative names.
	DNS []string
	IPs []net.IP
	// NotBefore and NotAfter bound its life; zero means from an hour ago, and for a day.
	NotBefore, NotAfter time.Time
	// Usages are its extended key usages; nil means both of server and client.
	Usages []x509.ExtKeyUsage
}

// Pair is a certificate with its private key, both PEM.
type Pair struct{ Cert, Key []byte }

// Files are the paths of a certificate, its key and the authorities that verify the other side.
type Files struct{ Cert, Key, CA string }

// NewAuthority makes an authority that is valid for a day.
func NewAuthority(tb testing.TB, name string) *Authority {
	tb.Helper()
	key := newKey(tb)
	template := &x509.Certificate{
		SerialNumber: newSerial(tb), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		tb.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	return &Authority{Certificate: c, key: key}
}

// PEM is the authority's certificate.
func (a *Authority) PEM() []byte { return encode("CERTIFICATE", a.Certificate.Raw) }

// Issue makes a certificate.
func (a *Authority) Issue(tb testing.TB, o Options) Pair {
	tb.Helper()
	if o.NotBefore.IsZero() {
		o.NotBefore = time.Now().Add(-time.Hour)
	}
	if o.NotAfter.IsZero() {
		o.NotAfter = time.Now().Add(24 * time.Hour)
	}
	if o.Usages == nil {
		o.Usages = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	}
	key := newKey(tb)
	template := &x509.Certificate{
		SerialNumber: newSerial(tb), Subject: pkix.Name{CommonName: o.Name},
		NotBefore: o.NotBefore, NotAfter: o.NotAfter, DNSNames: o.DNS, IPAddresses: o.IPs,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: o.Usages, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.Certificate, key.Public(), a.key)
	if err != nil {
		tb.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		tb.Fatal(err)
	}
	return Pair{Cert: encode("CERTIFICATE", der), Key: encode("PRIVATE KEY", pkcs8)}
}

// Node issues a certificate for a node of a cluster, bound to it by the name node-N.cluster, and
// good for the loopback addresses.
func (a *Authority) Node(tb testing.TB, node int32, cluster string) Pair {
	tb.Helper()
	name := fmt.Sprintf("node-%d.%s", node, cluster)
	return a.Issue(tb, Options{Name: name, DNS: []string{name, "localhost"}, IPs: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}})
}

// Write stores the pair and the authorities as tls.crt, tls.key and ca.crt in a folder, each file
// replaced as a whole.
func (p Pair) Write(tb testing.TB, dir string, authorities ...*Authority) Files {
	tb.Helper()
	var ca []byte
	for _, a := range authorities {
		ca = append(ca, a.PEM()...)
	}
	files := Files{Cert: filepath.Join(dir, "tls.crt"), Key: filepath.Join(dir, "tls.key"), CA: filepath.Join(dir, "ca.crt")}
	Replace(tb, files.Cert, p.Cert)
	Replace(tb, files.Key, p.Key)
	Replace(tb, files.CA, ca)
	return files
}

// Replace writes a file beside the path and renames it, as tools that renew certificates do.
func Replace(tb testing.TB, path string, content []byte) {
	tb.Helper()
	if err := os.WriteFile(path+".new", content, 0o600); err != nil {
		tb.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		tb.Fatal(err)
	}
}

func newKey(tb testing.TB) *ecdsa.PrivateKey {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

func newSerial(tb testing.TB) *big.Int {
	tb.Helper()
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		tb.Fatal(err)
	}
	return serial
}

func encode(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}
