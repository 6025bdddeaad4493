export {
  type AttributeType,
  attributeTypes,
  type ContactField,
  contactFieldNames,
  contactFields,
  defaultDedupeWindowDays,
  type LeadAttribute,
  type LeadSchema,
  maxAttributes,
  maxDedupeWindowDays,
  maxSourceLeadsPerMinute,
  maxValueLength,
  type SchemaDefinition,
  type Vertical,
} from './vertical.js';
export { countries, isCountry } from './country.js';
export { expectationOf, readBoolean } from './attribute-value.js';
export {
  type AttributeGiven,
  type LeadFacts,
  type LeadProblem,
  LeadRules,
  type VerticalSettings,
  type LeadVerdict,
  noRules,
  schemaMessages,
} from './lead-rules.js';
export { type SchemaRefusal, schemaRefusals } from './schema-refusals.js';
export { type RawAttribute, type RawSchema } from './validate-schema.js';
export { DefineVertical, type DefineVerticalInput, type VerticalActed } from './define-vertical.action.js';
export {
  type LeadSchemaPublished,
  maxGraceDays,
  PublishLeadSchema,
  type PublishLeadSchemaInput,
} from './publish-lead-schema.action.js';
export { type SchemaRef, type VerticalPage, VerticalQueries } from './vertical.queries.js';
export { VerticalsModule } from './verticals.module.js';
export { type SampleVertical, sampleVerticals } from './sample-verticals.js';
