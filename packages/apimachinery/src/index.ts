// Status
export { statusToJson, statusToProtobuf } from "./status.ts";
export type { Status, StatusCause, StatusDetails, StatusReason } from "./status.ts";
export { StatusError } from "./status-error.ts";
export {
  alreadyExists,
  badRequest,
  conflict,
  expired,
  forbidden,
  gone,
  internalError,
  invalid,
  methodNotSupported,
  notAcceptable,
  notFound,
  requestEntityTooLarge,
  serverTimeout,
  serviceUnavailable,
  statusFor,
  timeout,
  tooManyRequests,
  unauthorized,
  unsupportedMediaType,
} from "./status-errors.ts";
export { serverResponse } from "./server-response.ts";
export type { ServerResponse } from "./server-response.ts";
export { fieldErrorBody, fieldErrorsText } from "./field-error.ts";
export type { FieldError, FieldErrorType, FieldValue } from "./field-error.ts";
export { groupKindText, groupResourceText } from "./group-resource.ts";
export type { GroupKind, GroupResource } from "./group-resource.ts";

// Metadata
export { listMetaToJson, objectMetaToJson, writeListMeta, writeObjectMeta, writeTextMap } from "./object-meta.ts";
export type { ListMeta, ObjectMeta, OwnerReference } from "./object-meta.ts";
export { labelsFrom, noLabels } from "./labels.ts";
export type { Labels } from "./labels.ts";
export { compareBytes } from "./byte-order.ts";

// Documents of meta.k8s.io
export { discoveryToJson, discoveryToProtobuf } from "./discovery.ts";
export type {
  ApiGroupDocument,
  ApiResourceDocument,
  DiscoveryDocument,
  GroupVersionForDiscovery,
  ServerAddress,
} from "./discovery.ts";
export {
  partialListToJson,
  partialListToProtobuf,
  partialObjectToJson,
  partialObjectToProtobuf,
} from "./partial-object-metadata.ts";
export type { MetaApiVersion } from "./partial-object-metadata.ts";
export { tableToJson } from "./table.ts";
export type { Table, TableColumn, TableRow } from "./table.ts";

// Selectors
export { LabelRequirement } from "./label-requirement.ts";
export type { LabelOperator } from "./label-requirement.ts";
export { LabelSelector, parseLabelSelector, selectEverything, selectNothing } from "./label-selector.ts";
export { labelSelectorFromObject, labelSelectorObjectText } from "./label-selector-object.ts";
export type { LabelSelectorExpression, LabelSelectorObject } from "./label-selector-object.ts";
export {
  escapeFieldValue,
  FieldSelector,
  metadataFields,
  parseFieldSelector,
  requireSupportedFields,
} from "./field-selector.ts";
export type { FieldRequirement, FieldValues } from "./field-selector.ts";
export { SelectorInvalid } from "./selector-invalid.ts";

// Time
export { durationFromJson, DurationInvalid, formatDuration, parseDuration } from "./duration.ts";
export {
  formatMicroTime,
  formatTime,
  instantFromMs,
  instantToMs,
  isZeroTime,
  microTimeFromJson,
  microTimeToJson,
  parseMicroTime,
  parseTime,
  timeFromJson,
  TimeInvalid,
  timeToJson,
  zeroTime,
} from "./time.ts";
export type { Instant } from "./time.ts";

export { writeDuration, writeMicroTime, writeTime } from "./time-protobuf.ts";

// Text as Go writes it
export { goFloat } from "./go-float.ts";
export { goJson, goJsonNumber, goJsonString, NotEncodable } from "./go-json.ts";
export { goYaml } from "./go-yaml.ts";
export { goQuote } from "./go-quote.ts";

// Protobuf
export { protobufEnvelope, protobufEnvelopeParts } from "./protobuf-envelope.ts";
export type { EnvelopeParts } from "./protobuf-envelope.ts";
export { ProtobufWriter } from "./protobuf-writer.ts";

// Errors
export { ApimachineryError } from "./apimachinery-error.ts";
