// Reads an OpenAPI document with the types of kube-openapi, as Kubernetes programs do, writes it with them, and says what got lost:
//
//	openapi-round-trip v2|v3 < DOCUMENT
//
// prints the document as written. It ends with 1 when what was written is read differently.
package main

import (
	"encoding/json"
	"io"
	"log"
	"os"
	"reflect"

	"k8s.io/kube-openapi/pkg/spec3"
	"k8s.io/kube-openapi/pkg/validation/spec"
)

func main() {
	text, err := io.ReadAll(os.Stdin)
	check(err)
	if len(os.Args) > 1 && os.Args[1] == "v2" {
		roundTrip(text, &spec.Swagger{}, &spec.Swagger{})
	} else {
		roundTrip(text, &spec3.OpenAPI{}, &spec3.OpenAPI{})
	}
}

func roundTrip(text []byte, first, second any) {
	check(json.Unmarshal(text, first))
	written, err := json.Marshal(first)
	check(err)
	check(json.Unmarshal(written, second))
	if !reflect.DeepEqual(first, second) {
		log.Fatal("what was written is read differently")
	}
	_, err = os.Stdout.Write(written)
	check(err)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
