// Shows what a Go client, as kube-aggregator and kubectl are, learns and does in a TLS handshake with a server that asks for a
// certificate:
//
//	accepted-authorities -ca FILE [-tls12] URL [CERTIFICATE KEY]...
//
// prints one JSON object: the names of the authorities that the server accepts, and what it answers to a GET of a client that has all
// the given certificates and leaves the choice to crypto/tls.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"flag"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
)

type report struct {
	// Asked says whether the server wants a certificate at all.
	Asked  bool     `json:"asked"`
	Names  []string `json:"names"`
	Status int      `json:"status"`
	Body   string   `json:"body"`
}

func main() {
	authority := flag.String("ca", "", "PEM file of the authority of the server's certificate")
	tls12 := flag.Bool("tls12", false, "speak TLS 1.2")
	flag.Parse()
	config := &tls.Config{RootCAs: x509.NewCertPool()}
	config.RootCAs.AppendCertsFromPEM(must(os.ReadFile(*authority)))
	if *tls12 {
		config.MaxVersion = tls.VersionTLS12
	}
	for pair := flag.Args()[1:]; len(pair) >= 2; pair = pair[2:] {
		config.Certificates = append(config.Certificates, must(tls.LoadX509KeyPair(pair[0], pair[1])))
	}
	seen := report{Names: []string{}}
	handshake(must(url.Parse(flag.Arg(0))), config.Clone(), &seen)
	get(flag.Arg(0), config, &seen)
	check(json.NewEncoder(os.Stdout).Encode(seen))
}

// The callback is what kube-aggregator's transport has; with one, crypto/tls does not choose by itself.
func handshake(server *url.URL, config *tls.Config, seen *report) {
	config.GetClientCertificate = func(request *tls.CertificateRequestInfo) (*tls.Certificate, error) {
		seen.Asked = true
		for _, der := range request.AcceptableCAs {
			var sequence pkix.RDNSequence
			must(asn1.Unmarshal(der, &sequence))
			seen.Names = append(seen.Names, sequence.String())
		}
		return &tls.Certificate{}, nil
	}
	check(must(tls.Dial("tcp", server.Host, config)).Close())
}

func get(address string, config *tls.Config, seen *report) {
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: config}}
	answer := must(client.Get(address))
	seen.Status = answer.StatusCode
	seen.Body = string(must(io.ReadAll(answer.Body)))
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
