import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

/**
 * What the objects look like: the cluster's own OpenAPI v3 documents, as Kubernetes 1.36 serves them. They say which
 * fields there are, how lists merge (`x-kubernetes-list-type`, `-list-map-keys`, `-patch-merge-key`) and which maps are
 * atomic. Documents are read on first use and kept.
 */
export interface Schema {
  readonly $ref?: string;
  readonly allOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly type?: string;
  readonly format?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: 'atomic' | 'granular';
  readonly 'x-kubernetes-patch-merge-key'?: string;
  readonly 'x-kubernetes-patch-strategy'?: string;
  readonly 'x-kubernetes-group-version-kind'?: readonly {
    readonly group: string;
    readonly version: string;
    readonly kind: string;
  }[];
}

/** One place in an object: its own schema with the marks of the field that leads to it. */
export interface SchemaNode {
  readonly schema: Schema;
  /** The marks that stand beside a `$ref` count as well as those behind it. */
  readonly listType: 'atomic' | 'set' | 'map';
  readonly listKeys: readonly string[];
  readonly mapType: 'atomic' | 'granular';
  readonly mergeKey: string | undefined;
  readonly patchStrategy: readonly string[];
  field(name: string): SchemaNode | undefined;
  readonly fields: readonly string[];
  readonly required: readonly string[];
  readonly item: SchemaNode | undefined;
  /** Of a map with free keys. */
  readonly value: SchemaNode | undefined;
  /** Anything goes: neither fields nor items are declared. */
  readonly open: boolean;
  readonly type: string | undefined;
  /** `io.k8s.api.apps.v1.DeploymentSpec`, where it is a type with a name. */
  readonly reference: string | undefined;
  /** `byte`: base64. */
  readonly format: string | undefined;
  /** `100m`, `64Mi`: text or a number. */
  readonly quantity: boolean;
}

const FOLDER = fileURLToPath(new URL('../../openapi/', import.meta.url));
const documents = new Map<string, Readonly<Record<string, Schema>>>();
const nodes = new Map<string, SchemaNode | undefined>();

/** The file of a group and version: `apps/v1` → `apis_apps_v1.json.gz`. */
export const documentFile = (apiVersion: string): string =>
  apiVersion.includes('/') ? `apis_${apiVersion.replace('/', '_')}.json.gz` : `api_${apiVersion}.json.gz`;

/** The gzipped bytes of a document, undefined where the group is not served. */
export const readDocument = (file: string): Buffer | undefined => {
  try {
    return readFileSync(`${FOLDER}${file}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};

const schemasOf = (apiVersion: string): Readonly<Record<string, Schema>> => {
  const known = documents.get(apiVersion);
  if (known !== undefined) return known;
  const bytes = readDocument(documentFile(apiVersion));
  const schemas =
    bytes === undefined
      ? {}
      : (JSON.parse(gunzipSync(bytes).toString('utf8')) as { components: { schemas: Record<string, Schema> } })
          .components.schemas;
  documents.set(apiVersion, schemas);
  return schemas;
};

const SUBRESOURCE_BODIES = new Set(['TokenRequest', 'Eviction', 'Scale']);

/** The schema of a kind, undefined where it is not known (nothing is checked then). */
export const schemaOfKind = (apiVersion: string, kind: string): SchemaNode | undefined => {
  const key = `${apiVersion}/${kind}`;
  if (nodes.has(key)) return nodes.get(key);
  const slash = apiVersion.indexOf('/');
  const group = slash < 0 ? '' : apiVersion.slice(0, slash);
  const inDocument = (schemas: Readonly<Record<string, Schema>>): SchemaNode | undefined => {
    const found = Object.values(schemas).find((schema) =>
      schema['x-kubernetes-group-version-kind']?.some(
        (gvk) => gvk.kind === kind && gvk.group === group && gvk.version === apiVersion.slice(slash + 1),
      ),
    );
    return found === undefined ? undefined : nodeOf(found, schemas);
  };
  // A body of a core subresource (TokenRequest, Eviction) stands in the core's document, whatever its own group is.
  const node =
    inDocument(schemasOf(apiVersion)) ?? (SUBRESOURCE_BODIES.has(kind) ? inDocument(schemasOf('v1')) : undefined);
  nodes.set(key, node);
  return node;
};

const REF = '#/components/schemas/';

const nodeOf = (outer: Schema, schemas: Readonly<Record<string, Schema>>): SchemaNode => {
  const chain: Schema[] = [];
  for (let next: Schema | undefined = outer; next !== undefined;) {
    chain.push(next);
    const ref: string | undefined = next.$ref ?? next.allOf?.[0]?.$ref;
    next = ref === undefined ? undefined : schemas[ref.slice(REF.length)];
  }
  const first = <Key extends keyof Schema>(key: Key): Schema[Key] | undefined =>
    chain.find((schema) => schema[key] !== undefined)?.[key];
  const properties = first('properties');
  const items = first('items');
  const additional = first('additionalProperties');
  const children = new Map<string, SchemaNode>();
  let item: SchemaNode | undefined;
  let value: SchemaNode | undefined;
  return {
    schema: outer,
    listType: first('x-kubernetes-list-type') ?? 'atomic',
    listKeys: first('x-kubernetes-list-map-keys') ?? [],
    mapType: first('x-kubernetes-map-type') ?? 'granular',
    mergeKey: first('x-kubernetes-patch-merge-key'),
    patchStrategy: (first('x-kubernetes-patch-strategy') ?? '').split(','),
    fields: Object.keys(properties ?? {}),
    required: first('required') ?? [],
    type: first('type') ?? (first('oneOf') !== undefined ? 'int-or-string' : undefined),
    reference: chain
      .map((schema) => schema.$ref ?? schema.allOf?.[0]?.$ref)
      .find((ref) => ref !== undefined)
      ?.slice(REF.length),
    format: first('format'),
    quantity: chain.some(
      (schema) => (schema.$ref ?? schema.allOf?.[0]?.$ref)?.endsWith('.api.resource.Quantity') === true,
    ),
    open: properties === undefined && items === undefined && additional === undefined,
    field: (name) => {
      const property = properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined;
      if (property === undefined) return undefined;
      let child = children.get(name);
      if (child === undefined) children.set(name, (child = nodeOf(property, schemas)));
      return child;
    },
    get item() {
      return items === undefined ? undefined : (item ??= nodeOf(items, schemas));
    },
    get value() {
      return additional === undefined ? undefined : (value ??= nodeOf(additional, schemas));
    },
  };
};
