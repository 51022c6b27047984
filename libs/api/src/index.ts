export * from './meta/api-error.ts';
export * from './meta/field-error.ts';
export * from './meta/object.ts';
export { type BuiltinTypes, builtinTypes } from './type-table/builtin-types.ts';
export type * from './type-table/schema.ts';
