import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FieldError, Gvk, KindName, KindTypes, KubeObject, Resource, Status, TypeTable, YamlOutcome } from '#api';
import type { AuthorizationAttributes, KindDefinition, KindIo, ServedVersion, UserInfo } from '#kinds/contract';
import type { DelegatedVersion, HttpAnswer } from './http.contract.ts';

/**
 * The request path of the API, as its own parts and the gRPC services see it.
 *
 * Terms
 *  - **resource**: group, version and plural, as a path names it (`apps/v1 deployments`).
 *  - **served object**: an object with `resourceVersion` inside, decoded and as its JSON bytes. Both are shared: never change either.
 *
 * A request's way: authenticate → authorize → decode → default → admit (mutate; default again) → identify → prepare → validate → admit
 * (validate) → allocate → charge → store; what an object is after each of them: `writes/admitted.ts`. HTTPS does the first two in
 * `chain.ts`, gRPC in `grpc/`; everything from decoding on is `ResourceService`, which both call.
 */
export interface ResourceService {
  /** The kind that a resource name stands for. Throws ApiError 404 (`pageNotFound`) when none is served. */
  resolve(resource: Resource): ServedKind;
  /** Throws ApiError 404 when it is not there. Sees every write that was acknowledged before the call. */
  get(request: GetRequest): Promise<ServedObject>;
  /** In order of namespace and name. Sees every write that was acknowledged before the call, unless `resourceVersion` allows less. */
  list(request: ListRequest): Promise<ServedList>;
  /**
   * Events in batches, one batch a tick; the first batch is empty and says that the watch has begun. Ends when the signal aborts or `timeoutSeconds` pass. Throws ApiError 410 (`expired`) when the log
   * no longer reaches back to `resourceVersion`, ApiError 429 when the reader is further behind than `maxPendingBytes`.
   */
  watch(request: WatchRequest, signal: AbortSignal): AsyncIterable<readonly ServedEvent[]>;
  /** Create, update, patch and delete of one object or subresource. Throws ApiError; 503 when it is not known whether the write happened. */
  write(request: WriteRequest): Promise<Written>;
  /** Many writes, in one store call where their objects differ. One outcome per item, in order; a refused item does not refuse its neighbours. */
  writeMany(requests: readonly WriteRequest[]): Promise<WriteOutcome[]>;
  /** Deletes what the selectors choose, object by object, in batches. Answers the list of what was deleted. */
  deleteCollection(request: DeleteCollectionRequest): Promise<ServedList>;
}

export type * from './http.contract.ts';
export type { Resource };

/** A kind as one served version shows it. A kind that is put into the catalogue anew is another: what is kept by this object ends with it. */
export interface ServedKind extends KindName {
  definition: KindDefinition;
  /** Set when this is not the stored version. */
  version?: ServedVersion;
  /** Put in while the server runs: its types have no tags for strategic merge patches, and no numbers for protobuf. */
  custom: boolean;
  /** `<group>/<plural>` of the stored version: what the store's keys begin with. */
  storedAs: string;
}

/**
 * Every kind in every version that is served, with the types of its fields. It changes while the server runs: a kind is served from the
 * moment that it is put in, and answers 404 from the moment that it is taken out. Discovery, OpenAPI, decoding, patches, tables and
 * protobuf read it, and keep nothing beyond a change. Its objects stay in the store: who takes a kind out deletes them before.
 */
export interface KindCatalog {
  /** The type table. One object for good; what it answers follows the catalogue. */
  readonly types: TypeTable;
  readonly all: readonly ServedKind[];
  /** Undefined when no kind is served under that group, version and plural. */
  find(resource: Resource): ServedKind | undefined;
  /** Throws ApiError 404 (`pageNotFound`). */
  resolve(resource: Resource): ServedKind;
  /** As `find`, by kind: what `apiVersion` and `kind` in a body name. */
  ofGvk(gvk: Gvk): ServedKind | undefined;
  /** The groups that are served, '' first, each with its versions, the preferred one first. */
  groups(): ReadonlyMap<string, readonly string[]>;
  hasGroup(group: string): boolean;
  inVersion(group: string, version: string): readonly ServedKind[];
  /**
   * Serves a kind, in place of what was put in under the same group and plural before. Throws when that is built in, or when another
   * kind has one of its names or one of its types'; nothing has changed then.
   */
  put(kind: AddedKind): void;
  /** Takes out what was put in. Answers whether there was something; throws for what is built in. */
  remove(kind: { group: string; resource: string }): boolean;
  /** Answers whatever is asked below a group and version by somebody else. Returns its own removal. */
  delegate(version: DelegatedVersion): () => void;
  delegateOf(group: string, version: string): DelegatedVersion | undefined;
  /** Called after each change, at once and with all of it. Returns its own removal. */
  onChange(listener: (change: CatalogChange) => void): () => void;
  /** Calls once when this kind is taken out or replaced, at once when that has happened. Returns its own removal. */
  whenGone(kind: ServedKind, listener: () => void): () => void;
}

/** What a CustomResourceDefinition amounts to: a definition, and the types of each version that it is served in. */
export interface AddedKind {
  definition: KindDefinition;
  types: readonly KindTypes[];
}

/** One put or removal as listeners hear of it: each served version of the kind is an entry of its own. */
export interface CatalogChange {
  added: readonly ServedKind[];
  /** In a replacement, those that the added ones stand for now. */
  removed: readonly ServedKind[];
}

/** One object as an answer carries it. Both forms say the same, so that a reader who needs bytes never pays for encoding them again. */
export interface ServedObject {
  object: KubeObject;
  bytes: Buffer;
  /** `metadata.resourceVersion` as a number; 0 of what is answered and not stored. */
  revision: number;
}

/**
 * A collection at one revision. `continue` is there when more follow; a watch from `resourceVersion` misses nothing and repeats nothing.
 */
export interface ServedList {
  kind: ServedKind;
  items: readonly ServedObject[];
  /** Revision of the list. */
  resourceVersion: string;
  continue?: string;
  remainingItemCount?: number;
}

/** What a watch tells: a change, or a bookmark that only says how far the watch has come (API concepts, "Watch bookmarks"). */
export type ServedEvent =
  | {
      type: 'ADDED' | 'MODIFIED' | 'DELETED';
      served: ServedObject;
      /** `{"type":…,"object":…}` and a line feed; made once, however many watchers there are. */
      line(): Buffer;
    }
  /** `initialEventsEnd`: the objects that were there when the watch began have all been sent. */
  | { type: 'BOOKMARK'; resourceVersion: string; initialEventsEnd: boolean };

interface Target {
  user: UserInfo;
  resource: Resource;
  /** '' for cluster-scoped kinds and, in lists and watches, for all namespaces. */
  namespace: string;
}

/** A read of one object. Without `resourceVersion` it is consistent: it waits for all that was acknowledged before it. */
export interface GetRequest extends Target {
  name: string;
  subresource?: string;
  /** '0': whatever the cache has; another: at least as new. */
  resourceVersion?: string;
}

/**
 * A read of a collection. What each pair of `resourceVersion` and `resourceVersionMatch` means: API concepts, "Semantics for get and
 * list".
 */
export interface ListRequest extends Target {
  labelSelector?: string;
  fieldSelector?: string;
  resourceVersion?: string;
  resourceVersionMatch?: string;
  limit?: number;
  continue?: string;
}

/** A watch of a collection, or of one object by a field selector on its name. Where it begins: API concepts, "Semantics for watch". */
export interface WatchRequest extends Target {
  labelSelector?: string;
  fieldSelector?: string;
  /** Undefined or '': present objects first. '0': any version of them. */
  resourceVersion?: string;
  resourceVersionMatch?: string;
  /** KEP-3157: present objects, then a bookmark with `initialEventsEnd`. */
  sendInitialEvents?: boolean;
  allowWatchBookmarks?: boolean;
  timeoutSeconds?: number;
  maxPendingBytes?: number;
}

/** Bytes as they came, or a value that the caller built itself. */
/** As it came, with what was found in YAML that had to be read aside; or parsed already, from a part of this process. */
export type RequestBody = { bytes: Uint8Array; mediaType: string; yaml?: YamlOutcome } | { value: unknown };

/** One write of one object. A POST to a subresource is a `create` whose `name` is that of the object it belongs to. */
export type WriteRequest = WriteTarget &
  (
    | { verb: 'create' /** Of the object a subresource belongs to; else taken from the body. */; name?: string; body: RequestBody }
    | { verb: 'update'; name: string; body: RequestBody }
    | { verb: 'patch'; name: string; patchType: string; body: RequestBody; force?: boolean }
    | { verb: 'delete'; name: string; options?: DeleteOptions }
  );

interface WriteTarget extends Target, WriteOptions {
  subresource?: string;
}

/** What a client may ask of any write, in the query or in its options object; unset is upstream's default. */
export interface WriteOptions {
  fieldManager?: string;
  /** Everything but the store. */
  dryRun?: boolean;
  /** 'Warn' unless given. */
  fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
  /** Called for each warning that the client should see. */
  warn?: (message: string) => void;
}

/** meta/v1 DeleteOptions. */
export interface DeleteOptions {
  gracePeriodSeconds?: number;
  propagationPolicy?: string;
  orphanDependents?: boolean;
  preconditions?: { uid?: string; resourceVersion?: string };
  dryRun?: readonly string[];
}

/** A list whose items are deleted: it takes the options of both, and `options` hold for each of the objects. */
export interface DeleteCollectionRequest extends Target, WriteOptions {
  labelSelector?: string;
  fieldSelector?: string;
  options?: DeleteOptions;
  resourceVersion?: string;
  resourceVersionMatch?: string;
  limit?: number;
  continue?: string;
}

/** `served` is the object after the write; of a delete that removed it, the object as it was last. */
export interface Written {
  served: ServedObject;
  outcome: 'created' | 'updated' | 'unchanged' | 'deleted' | 'answered';
}

/** What became of one item of `writeMany`: a refusal is a value here, since it must not end the writes beside it. */
export type WriteOutcome = ({ ok: true } & Written) | { ok: false; status: Status };

// ---- who asks, and whether they may -------------------------------------------------------------------------------------------------

/** What a caller showed of itself. */
export interface Credentials {
  /** Of `Authorization: Bearer …`, or of a WebSocket's `base64url.bearer.authorization.k8s.io.…` subprotocol. */
  token?: string;
  /** Of a client certificate that the cluster's CA signed. */
  certificate?: { commonName: string; organizations: readonly string[]; fingerprint?: string };
}

/** Says who asks. It answers or throws; it never answers nobody. */
export interface Authenticator {
  /** Throws ApiError 401 when credentials were shown and are not good; without any, `system:anonymous`. */
  authenticate(credentials: Credentials): Promise<UserInfo>;
}

/**
 * Says whether a user may do something. A refusal is an answer, not an error: the caller makes the 403 of it, or hides what may not be
 * seen.
 */
export interface Authorizer {
  authorize(user: UserInfo, attributes: AuthorizationAttributes): Promise<{ allowed: boolean; reason: string }>;
}

// ---- admission ----------------------------------------------------------------------------------------------------------------------

/** The operations of admission/v1. A patch is an update, or a create where it makes the object; reads are never admitted. */
export type AdmissionVerb = 'create' | 'update' | 'delete' | 'connect';

/** What plugins are asked about: admission/v1 AdmissionRequest. The objects are in the version that is stored. */
export interface AdmissionRequest {
  verb: AdmissionVerb;
  user: UserInfo;
  resource: Resource;
  kind: Gvk;
  subresource: string;
  namespace: string;
  name: string;
  dryRun: boolean;
  /** The object after this write, or the body of an action subresource; undefined on delete. */
  object: KubeObject | undefined;
  /** The object before it; undefined on create. */
  oldObject: KubeObject | undefined;
}

/** The world, as plugins may see it. */
export interface AdmissionIo extends Pick<KindIo, 'now' | 'get' | 'list' | 'modify'> {
  /** Reads again after everything that the store has acknowledged is in the cache, for decisions that may not be stale. */
  fresh<O extends KubeObject>(gvk: Gvk, namespace: string, name: string): Promise<O | undefined>;
  authorize(user: UserInfo, attributes: AuthorizationAttributes): Promise<{ allowed: boolean; reason: string }>;
  warn(message: string): void;
}

/** One plugin a file, in upstream's order in one list. Throws ApiError to refuse. */
export interface AdmissionPlugin {
  readonly name: string;
  /** Asked before each of the three below, on every write: cheap, and the same for the same arguments. */
  handles(verb: AdmissionVerb, resource: Resource, subresource: string): boolean;
  /** Answers the object to go on with; never changes the one it was given. */
  mutate?(request: AdmissionRequest, io: AdmissionIo): KubeObject | Promise<KubeObject>;
  /**
   * Runs after every `mutate` and after the kind's own rules, so it sees what would be stored. Runs again when the write is tried again.
   */
  validate?(request: AdmissionRequest, io: AdmissionIo): void | Promise<void>;
  /**
   * Takes what the write uses up, once everything else has agreed to it; of a dry run it only says whether it could. A write that is tried
   * again, since another writer came before it, shows what it holds from the try before: `held` is answered again where it still fits.
   */
  charge?(request: AdmissionRequest, io: AdmissionIo, held: Charge | undefined): Promise<Charge | undefined>;
}

/** What one write has taken. */
export interface Charge {
  /** The write did not happen. What was given back already is not given back again. */
  giveBack(): Promise<void>;
}

// ---- what the application hands in --------------------------------------------------------------------------------------------------

/** The cluster as this process's watch caches show it: synchronous, cheap enough for every request, at most a few milliseconds old. */
export interface ClusterView {
  /** Undefined also when the kind is not served. */
  get<O extends KubeObject>(gvk: Gvk, namespace: string, name: string): O | undefined;
  list<O extends KubeObject>(gvk: Gvk, namespace?: string): readonly O[];
  /** Called for what is there already and for every change after it, in order. Returns its own removal. */
  onChange(gvk: Gvk, listener: (object: KubeObject, deleted: boolean) => void): () => void;
}

/** What decides over requests and fills a new cluster. It knows kinds (`libs/policy`), so that this library need not. */
export interface Policy {
  authorizer: Authorizer;
  /** Everything that a user may do in a namespace, as far as it can be listed. */
  rules: KindIo['rules'];
  /** In order. */
  admission: readonly AdmissionPlugin[];
  /** Tokens of service accounts, and what OpenID Connect tells others about them. */
  tokens: KindIo['tokens'] & { jwks(): unknown; discovery(externalUrl: string): unknown };
  /**
   * Makes what every cluster has, through the same way as any request; throws when a write is refused. Afterwards `kept` keeps it so
   * until the signal aborts, and settles then.
   */
  begin(server: ServerParts, signal: AbortSignal): Promise<{ kept: Promise<unknown> }>;
}

/** Called once, when the watch cache is filled. */
export type PolicyOf = (view: ClusterView) => Policy;

/** The server as its policy sees it. */
export interface ServerParts {
  service: ResourceService;
  view: ClusterView;
  kinds: KindCatalog;
}

// ---- streams to nodes ---------------------------------------------------------------------------------------------------------------

/** A request for a `connect` subresource, after authorization and admission. */
export interface ConnectRequest {
  user: UserInfo;
  resource: Resource;
  subresource: string;
  namespace: string;
  name: string;
  /** The whole path as it came. */
  path: string;
  /** What follows the subresource in the path, with its leading slash (`proxy`). */
  rest: string;
  method: string;
  query: URLSearchParams;
  /** As it came, without its question mark. */
  rawQuery: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The pod, node or service as it is now. */
  object: KubeObject;
  /** Of a plain request. */
  body?: Buffer;
  /** The connection of an HTTP upgrade (WebSocket, SPDY/3.1), with the original request. */
  upgrade?: { request: IncomingMessage; socket: Duplex; head: Buffer };
  remoteAddress?: string;
  /** Aborts when the client goes away. */
  signal: AbortSignal;
}

/** Answers a plain request; of an upgrade, undefined once the connection has been taken over. ApiErrors thrown before become Status bodies. */
export type ConnectHandler = (request: ConnectRequest) => Promise<HttpAnswer | undefined>;

/** By `<resource>/<subresource>`, e.g. `pods/log`. */
export type ConnectHandlers = Readonly<Record<string, ConnectHandler>>;

/** What a validator may answer in the middle of a write. */
export type { FieldError };
