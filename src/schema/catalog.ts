// Written by tools/types.ts from schemas/catalog.schema.json: `npm run types`.

/**
 * A route catalog of apisix-graceful-termination: Services that Apache APISIX routes to. New fields may come without a new version.
 */
export interface CatalogFile {
  $schema?: string;
  version: 1;
  /**
   * When it was made.
   */
  createdAt?: string;
  /**
   * What it was made from, as the user named it.
   */
  sources?: string[];
  /**
   * By namespace and name; one entry for each Service.
   */
  services: CatalogEntry[];
}
/**
 * A Service that APISIX routes to.
 */
export interface CatalogEntry {
  namespace: string;
  name: string;
  /**
   * The Service's `spec.selector`: the labels that its Pods have.
   */
  selector: {
    [k: string]: string;
  };
  /**
   * The ports that are routed; empty if that is not known.
   */
  ports?: CatalogPort[];
  /**
   * The chains that lead to it: `ApisixRoute shop/web › Service shop/web:80`.
   */
  evidence?: string[];
}
/**
 * A port of a Service that APISIX sends requests to.
 */
export interface CatalogPort {
  name?: string;
  port: number;
  /**
   * A number, or the name of a container's port; the same as `port` if it is missing.
   */
  targetPort?: number | string;
}
