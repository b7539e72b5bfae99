package certificate

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
)

// Server makes the configuration of a listener. Each handshake uses the files in force at that
// moment; client says what is asked of the other side's certificate, which is verified by the
// authorities of the source. protocols are the names for ALPN, for net/http "h2" and "http/1.1";
// grpc adds its own. TLS 1.3 is the least. Where clients are verified no session is resumed, so
// that an authority that was taken away lets nobody in.
func (s *Source) Server(client tls.ClientAuthType, protocols ...string) *tls.Config {
	verifies := client >= tls.VerifyClientCertIfGiven
	return &tls.Config{
		MinVersion: tls.VersionTLS13, NextProtos: protocols, ClientAuth: client, SessionTicketsDisabled: verifies,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			m := s.current.Load()
			switch {
			case m.pair == nil:
				return nil, errors.New("certificate: a listener needs a certificate and its private key")
			case verifies && m.roots == nil:
				return nil, errors.New("certificate: to verify clients a file of authorities is needed")
			}
			return &tls.Config{
				MinVersion: tls.VersionTLS13, NextProtos: protocols, SessionTicketsDisabled: verifies, Time: s.now,
				Certificates: []tls.Certificate{*m.pair}, ClientAuth: client, ClientCAs: m.roots,
			}, nil
		},
	}
}

// Client makes the configuration of a caller that verifies the other side by the authorities alone,
// and by its name only when that is a DNS name set as ServerName. It is for peers that prove who
// they are in another way after that, as nodes do; without a file of authorities it needs a
// ServerName. Others use ClientOf.
func (s *Source) Client() *tls.Config {
	return s.client(func(state tls.ConnectionState, m *material) (string, error) {
		if state.ServerName == "" && m.roots == nil {
			return "", errors.New("certificate: without a file of authorities the other side must be verified by its name")
		}
		return state.ServerName, nil
	})
}

// ClientOf makes the configuration of a caller of host, a DNS name or an IP address, which the
// other side's certificate must bear.
func (s *Source) ClientOf(host string) *tls.Config {
	c := s.client(func(tls.ConnectionState, *material) (string, error) {
		if host == "" {
			return "", errors.New("certificate: no host to verify")
		}
		return host, nil
	})
	c.ServerName = host
	return c
}

// client makes the configuration of a caller. The verification of crypto/tls itself is switched
// off because its authorities are fixed when the configuration is made; VerifyConnection does the
// same with those in force, in every handshake.
func (s *Source) client(host func(tls.ConnectionState, *material) (string, error)) *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS13,
		InsecureSkipVerify: true,
		VerifyConnection: func(state tls.ConnectionState) error {
			m := s.current.Load()
			name, err := host(state, m)
			if err != nil {
				return err
			}
			if len(state.PeerCertificates) == 0 {
				return errors.New("certificate: the other side showed none")
			}
			if err := verify(state.PeerCertificates, m.roots, x509.ExtKeyUsageServerAuth, name, s.now()); err != nil {
				return fmt.Errorf("certificate: the one of the other side (%s) is refused: %w", state.PeerCertificates[0].Subject, err)
			}
			return nil
		},
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			if m := s.current.Load(); m.pair != nil {
				return m.pair, nil
			}
			return &tls.Certificate{}, nil
		},
	}
}
