import type { FieldError, FieldRequirement, Gvk, KubeObject, Requirement } from '#api';

/**
 * One definition per kind: what the type table cannot say. The machinery of `#api-server` serves any kind from it and knows none.
 *
 * Order of a create: decode (type table) → table defaults → `applyDefaults` → admission (mutating), and both kinds of defaults for what it
 * put in → name and uid → `strategy.prepareForCreate` → `validate`, `validateCreate` → `strategy.warnings` → admission (validating) →
 * `allocate` → charges (quota) → store. An update does the same with `prepareForUpdate` and, beside `validate`, `validateUpdate`; a view
 * (`status`) has its own two in their place. `libs/api-server/src/writes/admitted.ts` names the stages.
 *
 * Every function here is pure and keeps nothing: it leaves alone what it was given and answers a new object, or that one if nothing is to
 * be changed. What is wrong with an object is answered, not thrown. Two may act, `answer` and the `run` of an action: they do so by the
 * `io` that they are handed, and throw ApiErrors.
 */
export interface KindDefinition<T extends KubeObject = KubeObject> {
  gvk: Gvk;
  scope: 'Namespaced' | 'Cluster';
  names: { plural: string; singular: string; shortNames?: readonly string[]; categories?: readonly string[] };
  /** Verbs that are served; all of them unless told otherwise. Reviews are only created, Bindings have no kind of their own. */
  verbs?: readonly Verb[];
  /** Defaults that depend on other fields (hand-written upstream in `defaults.go`). */
  applyDefaults?(object: T): T;
  /** Field and cross-field rules; `metadata` is checked by the machinery, with the name rule below. */
  validate(object: T): FieldError[];
  validateUpdate?(next: T, previous: T): FieldError[];
  /** Rules of creation alone, after `validate`. */
  validateCreate?(object: T): FieldError[];
  /** The complaints of `validateUpdate` come before those of `validate`; after them unless told otherwise. */
  updateRulesFirst?: boolean;
  /** The rule for `metadata.name`; DNS subdomain unless told otherwise. */
  nameRule?: 'dns-subdomain' | 'dns-label' | 'dns-1035-label' | 'path-segment';
  strategy?: Strategy<T>;
  columns: readonly Column<T>[];
  /** `columns` says where the name stands (Events show it last, and only with `-o wide`): the machinery adds none. */
  ownNameColumn?: boolean;
  /** Field selectors beside `metadata.name` and `metadata.namespace`. */
  selectableFields?: Readonly<Record<string, (object: T) => string>>;
  subresources?: Readonly<Record<string, Subresource<T>>>;
  /** Unique names that the object needs, such as addresses and ports; asked again with other `taken` when a claim was lost to another writer. */
  allocate?(object: T, previous: T | undefined, pool: AllocationPool): Allocation<T>;
  /**
   * Objects of other kinds that record what this one holds: written with it, in one step, and by nobody's request. `next` is undefined where
   * it goes, `previous` where it is created.
   */
  records?(next: T | undefined, previous: T | undefined): { made: readonly KubeObject[]; dropped: readonly KubeObject[] };
  /** What the value is sealed with before it is stored. */
  sealed?: boolean;
  /** Objects vanish this long after their last write (Events). */
  ttlSeconds?: number;
  /** Told to every client that asks for this version, as a `Warning` header: what is deprecated since when, and what to use. */
  deprecated?: string;
  /** Answers a create without storing anything (reviews), or does what it asks for. */
  answer?(object: T, io: KindIo, options: { dryRun: boolean }): Promise<T>;
  /** Its objects are nowhere kept: each is made when somebody asks. `verbs` says by which of get and list. */
  made?: Made<T>;
  /** Further group-versions in which the same stored objects are read and written (events.k8s.io/v1 beside v1). */
  alsoServed?: readonly ServedVersion[];
}

/** Makes the objects of a kind that are not stored. What a client selects is chosen from what is made. */
export interface Made<T> {
  /** Throws ApiError 404. */
  get(namespace: string, name: string): T;
  /** In order of namespace and name; '' for all namespaces. */
  list(namespace: string): readonly T[];
}

/** Another version of a stored kind. Defaults, validation and strategy work on the stored one; these two convert at the edge and are pure. */
export interface ServedVersion {
  gvk: Gvk;
  toStored(object: KubeObject): KubeObject;
  fromStored(object: KubeObject): KubeObject;
  /** In place of the rules of the stored version, where this one has others; over the stored object. */
  validate?(stored: KubeObject): FieldError[];
  validateUpdate?(next: KubeObject, previous: KubeObject): FieldError[];
  /** Field selectors of this version, over the stored object; those of the stored version unless given. */
  selectableFields?: Readonly<Record<string, (stored: KubeObject) => string>>;
}

/** The verbs of a resource as discovery and RBAC name them. */
export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

/**
 * What a kind does beside its rules, by the path of the request: `k8s.io/apiserver/pkg/registry/rest`, the strategies of create, update and
 * delete. Everything is pure.
 */
export interface Strategy<T> {
  /** Resets what a client may not set at creation (`status`) and sets what the server does. The object has its name and uid already. */
  prepareForCreate?(object: T, write: WriteContext): T;
  /** Keeps what this path may not change (`status`). */
  prepareForUpdate?(next: T, previous: T): T;
  /** The part whose changes `metadata.generation` counts, from 1 on; undefined is counted never. Without it the kind has no generation. */
  generationOf?(object: T): unknown;
  /** PUT of a name that does not exist creates it. */
  allowCreateOnUpdate?: boolean;
  /** PUT without a resourceVersion is accepted; true unless told otherwise. */
  allowUnconditionalUpdate?: boolean;
  /** Seconds of grace a delete gets; undefined: deleted at once. `requested` is what the client asked for. Pods have one. */
  deletionGrace?(object: T, requested: number | undefined): { graceSeconds: number; object: T } | undefined;
  /**
   * Whether a deleted object without finalizers may vanish; true unless told otherwise. Asked at the deletion and at each write after it.
   * (Namespaces have finalizers of their own in `spec`, which the namespace controller takes away.)
   */
  canFinish?(object: T): boolean;
  /** Warnings for the client, sent as `Warning: 299` headers. */
  warnings?(object: T, previous?: T): string[];
  /** A delete answers the object that it removed, not a Status. */
  returnsDeleted?: boolean;
  /** Default propagation of deletes; 'Background' unless told otherwise. */
  defaultPropagation?: 'Orphan' | 'Background';
  /** Told to whoever deletes an object without a word on its dependents. */
  deletionWarning?: string;
}

/** Who writes, and when: for the few kinds that keep either. */
export interface WriteContext {
  user: UserInfo;
  now: Date;
}

/** One column of `kubectl get`. meta/v1 TableColumnDefinition; priority 1 columns show with `-o wide`. The machinery adds Name first. */
export interface Column<T> {
  name: string;
  type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  format?: string;
  description?: string;
  priority?: number;
  value(object: T, now: Date): string | number | boolean | null;
}

/** What stands under an object in its path. The machinery goes by `do` and by what is said beside it; names mean nothing to it. */
export type Subresource<T> =
  /** The same object again, with rules of its own: one part of it, which the object's own path leaves alone (`status`), or the whole. */
  | {
      do: 'view';
      part: 'status' | 'whole';
      /** GET, PUT and PATCH unless told otherwise. */
      methods?: readonly HttpMethod[];
      prepareForUpdate(next: T, previous: T, write: WriteContext): T;
      validateUpdate?(next: T, previous: T): FieldError[];
      /** Where this part holds unique names too; otherwise a change of it leaves them as they are. */
      allocate?(object: T, previous: T | undefined, pool: AllocationPool): Allocation<T>;
    }
  /** An object of another kind that is made of this one: GET answers it, PUT and PATCH change this one by it (`scale`). */
  | {
      do: 'projection';
      gvk: Gvk;
      of(object: T): KubeObject;
      validate(projected: KubeObject): FieldError[];
      /** The object as the changed projection wants it. */
      applied(object: T, projected: KubeObject): T;
      /** Of the projection's own table. */
      columns: readonly Column<never>[];
    }
  /** POST of a body of another kind (`pods/binding`, `pods/eviction`, `serviceaccounts/token`). `object` is the present one. */
  | {
      do: 'action';
      body: Gvk;
      run(
        object: T,
        body: KubeObject,
        io: KindIo,
        request: { dryRun: boolean; user: { name: string; groups: readonly string[] } },
      ): Promise<KubeObject>;
    }
  /** Handed to whoever serves it, found by `<resource>/<subresource>`, with what the client sends. */
  | { do: 'connect'; methods: readonly HttpMethod[]; shape: ConnectShape };

/**
 *  - **streams**: channels over WebSocket or SPDY/3.1 (`exec`, `attach`, `portforward`)
 *  - **text**: a plain answer, which goes on while the query says `follow`; over WebSocket it comes in frames (`log`)
 *  - **relay**: any request and any protocol, with a path of its own; a scheme and a port may stand around the name
 */
export type ConnectShape = 'streams' | 'text' | 'relay';

/** What a subresource may answer to; any other method is 405. */
export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS';

/** An object with its unique names, and all of them that it holds from here on. */
export type Allocation<T> = { object: T; claims: string[] } | { errors: FieldError[] };

/** What allocation draws from. */
export interface AllocationPool {
  serviceCidrs: readonly string[];
  nodePortRange: { from: number; to: number };
  /** An address of these is one service's alone. */
  loadBalancerCidrs: readonly string[];
  /** Whether some object holds this claim already. */
  taken(claim: string): boolean;
  /** What holds it. */
  holderOf(claim: string): { resource: string; namespace: string; name: string } | undefined;
  /** All present objects of a cluster-scoped kind. */
  list<O extends KubeObject>(gvk: Gvk): readonly O[];
  /** A number in [0, limit). */
  below(limit: number): number;
}

/** The world, for the few parts of a kind that act. */
export interface KindIo {
  now(): Date;
  get<O extends KubeObject>(gvk: Gvk, namespace: string, name: string): O | undefined;
  list<O extends KubeObject>(gvk: Gvk, namespace?: string): readonly O[];
  /** Reads, changes and writes until no other writer interferes; throws ApiError. `change` returns undefined to leave the object alone. */
  modify<O extends KubeObject>(gvk: Gvk, namespace: string, name: string, change: (object: O) => O | undefined): Promise<O>;
  delete(
    gvk: Gvk,
    namespace: string,
    name: string,
    options: { gracePeriodSeconds?: number; uid?: string; resourceVersion?: string; dryRun?: boolean },
  ): Promise<KubeObject>;
  /** Issues and checks service-account tokens. */
  tokens: {
    issue(claims: {
      namespace: string;
      name: string;
      uid: string;
      audiences: readonly string[];
      expirationSeconds: number;
      bound?: { kind: string; name: string; uid: string };
    }): Promise<{ token: string; expires: Date }>;
    review(token: string, audiences: readonly string[]): Promise<{ user: UserInfo; audiences: readonly string[] } | undefined>;
  };
  /** Whether a user may do something: reviews answer it, and actions may need a right beside that of the request. */
  authorize(user: UserInfo, attributes: AuthorizationAttributes): Promise<{ allowed: boolean; reason: string }>;
  /** Everything that a user may do in a namespace, as far as it can be listed. */
  rules(user: UserInfo, namespace: string): AccessRules;
  /** The caller of the request that is being served. */
  caller: UserInfo;
}

/** authentication.k8s.io/v1 UserInfo: who asks, as authorizers and admission see it. */
export interface UserInfo {
  username: string;
  uid?: string;
  groups: readonly string[];
  extra?: Readonly<Record<string, readonly string[]>>;
}

/** What a SelfSubjectRulesReview answers. */
export interface AccessRules {
  resourceRules: readonly { verbs: string[]; apiGroups?: string[]; resources?: string[]; resourceNames?: string[] }[];
  nonResourceRules: readonly { verbs: string[]; nonResourceURLs?: string[] }[];
  /** Some authorizer cannot list what it allows. */
  incomplete: boolean;
  evaluationError?: string;
}

/** What somebody wants to do, as a SubjectAccessReview would ask it. Absent: not part of the question. */
export interface AuthorizationAttributes {
  verb: string;
  group: string;
  version?: string;
  resource: string;
  subresource?: string;
  namespace?: string;
  name?: string;
  /** What a list, watch or deletion of a collection is narrowed to (KEP-4601). */
  fieldSelector?: readonly FieldRequirement[];
  labelSelector?: readonly Requirement[];
  /** Set instead of the resource fields for paths such as `/metrics`. */
  nonResourcePath?: string;
}
