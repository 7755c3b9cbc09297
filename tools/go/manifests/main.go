// Command manifests reads files as kubectl does, and prints what it reads: a line of JSON for each file named on
// standard input, one a line.
//
// It is the loop of kubectl's StreamVisitor (k8s.io/cli-runtime/pkg/resource/visitor.go): a decoder that takes JSON and
// YAML, empty documents left out, and an end at the first one that can't be read. Then each object is decoded as
// kubectl does it before it sends it.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"

	"k8s.io/apimachinery/pkg/runtime"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/yaml"
)

type reading struct {
	Documents []any  `json:"documents"`
	Refusal   string `json:"refusal,omitempty"`
}

func main() {
	names := bufio.NewScanner(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	for names.Scan() {
		if err := out.Encode(read(names.Text())); err != nil {
			panic(err)
		}
	}
}

func read(name string) (all reading) {
	all.Documents = []any{}
	file, err := os.Open(name)
	if err != nil {
		panic(err)
	}
	defer file.Close()
	decoder := yaml.NewYAMLOrJSONDecoder(file, 4096)
	for {
		ext := runtime.RawExtension{}
		if err := decoder.Decode(&ext); err != nil {
			if err != io.EOF {
				all.Refusal = err.Error()
			}
			return all
		}
		raw := bytes.TrimSpace(ext.Raw)
		if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
			continue
		}
		var value any
		if err := utiljson.Unmarshal(raw, &value); err != nil {
			all.Refusal = err.Error()
			return all
		}
		all.Documents = append(all.Documents, value)
	}
}
