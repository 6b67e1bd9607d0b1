import type { Change } from './compare.ts'

const edits: Readonly<Record<string, string>> = {
  TYPE_REMOVED: 'Keep the type, and mark its fields with @deprecated until nobody asks for them.',
  TYPE_CHANGED_KIND: 'Keep the type as it was, and add a new one under another name.',
  TYPE_REMOVED_FROM_UNION: 'Keep it in the union, even if it is never answered any more.',
  VALUE_REMOVED_FROM_ENUM: 'Keep the value, with @deprecated.',
  REQUIRED_INPUT_FIELD_ADDED: 'Give it a default, or take the ! from its type.',
  IMPLEMENTED_INTERFACE_REMOVED: 'Keep "implements", with the fields that it needs.',
  FIELD_REMOVED: 'Keep the field, with @deprecated(reason: "…").',
  FIELD_CHANGED_KIND: 'Keep its type, and add a field under another name with the new one.',
  REQUIRED_ARG_ADDED: 'Give it a default, or take the ! from its type.',
  ARG_REMOVED: 'Keep the argument, with @deprecated, and ignore it.',
  ARG_CHANGED_KIND: 'Keep its type, and add an optional argument under another name with the new one.',
  DIRECTIVE_REMOVED: 'Keep its definition.',
  DIRECTIVE_ARG_REMOVED: 'Keep the argument, with @deprecated.',
  REQUIRED_DIRECTIVE_ARG_ADDED: 'Give it a default, or take the ! from its type.',
  DIRECTIVE_REPEATABLE_REMOVED: 'Keep it "repeatable".',
  DIRECTIVE_LOCATION_REMOVED: 'Keep the location.',
  OPERATION_REMOVED: 'Keep it in "schema { … }".',
  OPERATION_CHANGED_TYPE: 'Keep the type that it asks, and add the new fields there.',
  DEFAULT_VALUE_REMOVED: 'Keep its default, or take the ! from its type.',
  INPUT_BECAME_ONE_OF: 'Leave @oneOf out, and add a new input type that has it.',
  VALUE_ADDED_TO_ENUM: 'Answer it only to fields that are new, so that no client meets a value that it does not know.',
  TYPE_ADDED_TO_UNION: 'Answer it only from fields that are new.',
  IMPLEMENTED_INTERFACE_ADDED: 'Answer the type only from fields that are new.',
  ARG_DEFAULT_VALUE_CHANGE: 'Keep the default: requests that leave the argument out mean it.',
  INPUT_FIELD_DEFAULT_VALUE_CHANGE: 'Keep the default: requests that leave the field out mean it.',
  SCALAR_SPECIFICATION_CHANGED: 'Keep @specifiedBy, and add a new scalar for the other values.',
}

/** The smallest change of the newer schema that would pass. */
export const editOf = ({ rule }: Change): string => edits[rule] ?? 'Keep what was there.'
