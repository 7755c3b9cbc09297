// Command pulumi-resource-kubernetes is Pulumi's own Kubernetes provider, from its library: the main package of the
// released one embeds files that its build generates, and does no more than this.
package main

import (
	_ "embed"
	"strings"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version"
)

// Both files are the module's own: tools/go.ts shows them to the compiler where they stand in Go's module cache.

//go:embed schema.json
var schema string

//go:embed terraform-mapping.json
var terraformMapping []byte

func main() {
	versioned := strings.Replace(schema, "{", `{"version":"`+version.Version+`",`, 1)
	provider.Serve("kubernetes", version.Version, []byte(versioned), terraformMapping)
}
