import { version } from "../package.json";

const repository = "https://github.com/apisix-graceful-termination/apisix-graceful-termination";

/** The version of the package; bundles have it inside. */
export function packVersion(): string {
  return version;
}

/** The address of a page of the docs, of the version that runs. */
export function docsUrl(page: string): string {
  return `${repository}/blob/v${version}/docs/${page}`;
}

/** The address of a schema, likewise: of the file itself, for editors. */
export function schemaUrl(file: string): string {
  return `${repository.replace("github.com", "raw.githubusercontent.com")}/v${version}/schemas/${file}`;
}
