package certificate

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"time"
)

// material is one good reading of the files. It is never changed.
type material struct {
	pair  *tls.Certificate
	chain []*x509.Certificate
	leaf  *x509.Certificate // nil without a certificate of one's own
	roots *x509.CertPool    // nil without a file of authorities
}

// describe gives attributes for a line of the log.
func (m *material) describe(file string) []any {
	if m.leaf == nil {
		return nil
	}
	return []any{"cert", file, "subject", m.leaf.Subject.String(), "serial", m.leaf.SerialNumber.Text(16), "expires", m.leaf.NotAfter.UTC()}
}

// parse makes material of the files, or says what is wrong with them.
func (s *Source) parse(files contents) (*material, error) {
	m := &material{}
	if s.cert != "" {
		if err := s.parsePair(m, files); err != nil {
			return nil, err
		}
	}
	if s.ca != "" {
		if err := s.parseAuthorities(m, files.ca); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// parsePair reads certificate and key.
func (s *Source) parsePair(m *material, files contents) (err error) {
	if m.chain, err = certificates(s.cert, files.cert); err != nil {
		return err
	}
	if bytes.Contains(files.key, []byte("BEGIN ENCRYPTED")) || bytes.Contains(files.key, []byte("4,ENCRYPTED")) {
		return fmt.Errorf("certificate: the private key %s is encrypted: store it decrypted, readable by the program alone", s.key)
	}
	pair, err := tls.X509KeyPair(files.cert, files.key)
	if err != nil {
		return fmt.Errorf("certificate: the private key %s does not fit the certificate %s: %w", s.key, s.cert, err)
	}
	m.pair, m.leaf = &pair, m.chain[0]
	switch now := s.now(); {
	case now.After(m.leaf.NotAfter):
		return fmt.Errorf("certificate: %s expired at %s: replace it", s.cert, m.leaf.NotAfter.UTC().Format(time.RFC3339))
	case now.Before(m.leaf.NotBefore):
		return fmt.Errorf("certificate: %s is not valid before %s and it is %s: check the clock or the certificate",
			s.cert, m.leaf.NotBefore.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))
	}
	return nil
}

// parseAuthorities reads the certificates that sign those of the other side.
func (s *Source) parseAuthorities(m *material, file []byte) error {
	authorities, err := certificates(s.ca, file)
	if err != nil {
		return err
	}
	m.roots = x509.NewCertPool()
	usable, now := false, s.now()
	for _, a := range authorities {
		m.roots.AddCert(a)
		usable = usable || a.IsCA && now.Before(a.NotAfter) && now.After(a.NotBefore)
	}
	if !usable {
		return fmt.Errorf("certificate: no certificate in %s may sign others now (CA:TRUE, not expired): name the file of the authority, not of a certificate it issued", s.ca)
	}
	return nil
}

// certificates reads every certificate of a PEM file. A file that ends inside of a block is refused:
// it is being written.
func certificates(path string, file []byte) (list []*x509.Certificate, err error) {
	rest := file
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate: certificate %d of %s cannot be read: %w", len(list)+1, path, err)
		}
		list = append(list, c)
	}
	if bytes.Contains(rest, []byte("-----BEGIN")) {
		return nil, fmt.Errorf("certificate: %s ends in the middle of a block after %d certificates: write it whole (to a file beside it, then rename)", path, len(list))
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("certificate: %s holds no certificate: it must be PEM with at least one block BEGIN CERTIFICATE", path)
	}
	return list, nil
}

// verify checks the chain that a peer showed, for a use, at a time; host "" checks no name.
func verify(chain []*x509.Certificate, roots *x509.CertPool, usage x509.ExtKeyUsage, host string, now time.Time) error {
	options := x509.VerifyOptions{
		Roots: roots, Intermediates: x509.NewCertPool(), DNSName: host, CurrentTime: now,
		KeyUsages: []x509.ExtKeyUsage{usage},
	}
	for _, c := range chain[1:] {
		options.Intermediates.AddCert(c)
	}
	_, err := chain[0].Verify(options)
	return err
}
