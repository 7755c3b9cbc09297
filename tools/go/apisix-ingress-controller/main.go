// The APISIX ingress controller 1.x, as its own main package starts it.
package main

import (
	"fmt"
	"os"

	"github.com/apache/apisix-ingress-controller/cmd"
)

func main() {
	if err := cmd.NewAPISIXIngressControllerCommand().Execute(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
