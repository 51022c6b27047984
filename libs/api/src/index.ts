export * from './meta/api-error.ts';
export * from './meta/field-error.ts';
export * from './meta/object.ts';
export type * from './type-table/schema.ts';
