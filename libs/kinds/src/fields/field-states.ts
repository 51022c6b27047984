/**
 * What becomes of every field that a client may write, by type of the table (`core.v1.PodSpec`) and field. `fields.spec.ts` walks the type
 * table and holds it against this, both ways. Below a field that is warned of, refused or waited for, nothing is listed: nobody reads it.
 */
export type FieldTable = Readonly<Record<string, TypeFields>>;

export interface TypeFields {
  /** File → the fields that it acts on, or, of a status, writes. */
  done: Readonly<Record<string, string>>;
  /** Accepted without effect; whoever sets the field is told so by its name. */
  warned?: Readonly<Record<string, Example>>;
  /** Not accepted where nothing would act on it. */
  refused?: Readonly<Record<string, Example>>;
  /** Accepted; a pod with it does not run, and says why in the real system's words. */
  waits?: Readonly<Record<string, { by: string; says: string }>>;
  /** A part of a status that nothing here writes, and why. */
  unwritten?: Readonly<Record<string, string>>;
}

/** An object with the field, as it is posted, and what the answer says. */
export interface Example {
  /** 'Pod' unless told otherwise; an ephemeral container is added to a pod that runs. */
  kind?:
    | 'Pod'
    | 'Service'
    | 'EphemeralContainer'
    | 'StatefulSet'
    | 'PersistentVolume'
    | 'PersistentVolumeClaim'
    | 'IngressClass'
    | 'CSIDriver';
  /** On top of the least that the kind asks for. */
  spec: Readonly<Record<string, unknown>>;
  says: string;
}
