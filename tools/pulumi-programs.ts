/** Pulumi's own programs, built once from their Go modules (tools/go/pulumi, pulumi-kubernetes and pulumi-yaml). */
import type { GoProgram } from "./go";

const cliVersion = "v3.259.0";
const kubernetesVersion = "4.25.0";
const kubernetesModule = "github.com/pulumi/pulumi-kubernetes/provider/v4";

export const pulumiPrograms = {
  cli: {
    module: "pulumi",
    package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    name: "pulumi",
    tags: ["osusergo", "grpcnotrace"],
    // The Automation API reads the version.
    ldflags: `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=${cliVersion}`,
  },
  kubernetes: {
    module: "pulumi-kubernetes",
    package: ".",
    name: "pulumi-resource-kubernetes",
    ldflags: `-s -w -X ${kubernetesModule}/pkg/version.Version=${kubernetesVersion}`,
    embed: {
      module: kubernetesModule,
      files: ["schema.json", "terraform-mapping.json"].map((file) => `cmd/pulumi-resource-kubernetes/${file}`),
    },
  },
  yaml: {
    module: "pulumi-yaml",
    package: "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml",
    name: "pulumi-language-yaml",
    ldflags: "-s -w",
  },
} satisfies Record<string, GoProgram>;
