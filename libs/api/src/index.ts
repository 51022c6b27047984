export * from './addresses/ranges.ts';
export { parseYaml, readLongYaml } from './decode/body.ts';
export * from './decode/decode.ts';
export { jsonSyntaxError } from './decode/json-syntax.ts';
export { BadValue } from './decode/mismatch.ts';
export { renderAside } from './decode/text-thread.ts';
export { utcOf } from './decode/time.ts';
export { type WrittenForm, writtenText } from './decode/written-text.ts';
export type { YamlOutcome } from './decode/yaml.ts';
export * from './meta/api-error.ts';
export * from './meta/field-error.ts';
export * from './meta/object.ts';
export * from './meta/slices.ts';
export { microTimestamp, timestamp } from './meta/timestamp.ts';
export { type Descriptions, loadDescriptions } from './openapi/descriptions.ts';
export { openApiV2, type OpenApiV3 } from './openapi/openapi-v2.ts';
export { openApiV2Protobuf, openApiV2ProtobufType } from './openapi/openapi-v2-protobuf.ts';
export { type OpenApiOptions, type OpenApiSchema, openApiSchemas } from './openapi/schemas.ts';
export { applyPatch, applyPatchSlices, type PatchOptions, type PatchType } from './patch/apply-patch.ts';
export { jsonPatch } from './patch/json-patch.ts';
export { managedFieldsSlices, managerFromUserAgent, updateManagedFields, type WriteBy } from './patch/managed-fields.ts';
export { mergePatch } from './patch/merge-patch.ts';
export {
  checkAppliedVersion,
  type ApplyOptions,
  configurationOf,
  serverSideApply,
  serverSideApplySlices,
} from './patch/server-side-apply.ts';
export { deepEqual } from './patch/shape.ts';
export { strategicMergePatch } from './patch/strategic-merge-patch.ts';
export { notMarshalable, protobufBlock, ProtobufEncoder, protobufEnvelope, protobufMediaType } from './protobuf/encode-protobuf.ts';
export * from './quantity/int-or-string.ts';
export * from './quantity/quantity.ts';
export * from './selectors/field-selector.ts';
export * from './selectors/label-selector.ts';
export * from './selectors/parse-label-selector.ts';
export { type BuiltinTypes, builtinTypes } from './type-table/builtin-types.ts';
export { LayeredTypes } from './type-table/layered-types.ts';
export type * from './type-table/schema.ts';
export * from './validation/addresses.ts';
export * from './validation/names.ts';
export * from './validation/object-meta.ts';
export * from './validation/options.ts';
