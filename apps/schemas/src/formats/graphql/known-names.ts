import {
  isTypeDefinitionNode,
  isTypeExtensionNode,
  Kind,
  specifiedDirectives,
  specifiedScalarTypes,
  visit,
  type ASTNode,
  type DirectiveNode,
  type DocumentNode,
  type InputValueDefinitionNode,
  type TypeNode,
  type ValueNode,
} from 'graphql'
import { invalid } from '../json-text.ts'
import { refused } from './refusal.ts'

const interfacesMax = 100
/** Members of types that defaults are compared with, all together. */
const comparisonsMax = 1_000_000

type Names = {
  readonly types: ReadonlySet<string>
  /** Values of enums, fields of input types. */
  readonly members: ReadonlyMap<string, ReadonlyMap<string, InputValueDefinitionNode | undefined>>
  readonly directives: ReadonlyMap<string, ReadonlySet<string>>
  readonly budget: { left: number }
}

/**
 * Refuses the first name that is not known. The library would do so too, but looks for what else may have been meant
 * among all that are known, for each: a text of half a megabyte kept it busy for a minute.
 */
export function refuseUnknown(document: DocumentNode): void {
  const names = namesOf(document)
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION || definition.kind === Kind.FRAGMENT_DEFINITION)
      throw refused('a schema has definitions of types; queries and fragments do not belong here', definition)
    if (isTypeExtensionNode(definition)) checkType(definition, definition.name.value, names)
    if ('interfaces' in definition && (definition.interfaces?.length ?? 0) > interfacesMax)
      throw refused(`a type may not implement more than ${interfacesMax} interfaces`, definition)
  }
  visit(document, {
    NamedType: (node) => checkType(node, node.name.value, names),
    Directive: (node) => checkArguments(node, names),
    InputValueDefinition: (node) => {
      if (node.defaultValue) checkDefault(node.defaultValue, node.type, names)
    },
  })
}

function namesOf(document: DocumentNode): Names {
  const types = new Set(specifiedScalarTypes.map(({ name }) => name))
  const members = new Map<string, Map<string, InputValueDefinitionNode | undefined>>()
  const directives = new Map(specifiedDirectives.map(({ name, args }) => [name, new Set(args.map((arg) => arg.name))]))
  for (const node of document.definitions) {
    if (isTypeDefinitionNode(node)) types.add(node.name.value)
    if (node.kind === Kind.DIRECTIVE_DEFINITION)
      directives.set(node.name.value, new Set(node.arguments?.map(({ name }) => name.value)))
    if (node.kind === Kind.ENUM_TYPE_DEFINITION || node.kind === Kind.ENUM_TYPE_EXTENSION)
      for (const { name } of node.values ?? []) memberOf(members, node.name.value).set(name.value, undefined)
    if (node.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION || node.kind === Kind.INPUT_OBJECT_TYPE_EXTENSION)
      for (const field of node.fields ?? []) memberOf(members, node.name.value).set(field.name.value, field)
  }
  return { types, members, directives, budget: { left: comparisonsMax } }
}

function memberOf<Value>(members: Map<string, Map<string, Value>>, name: string): Map<string, Value> {
  const found = members.get(name) ?? new Map<string, Value>()
  members.set(name, found)
  return found
}

function checkType(node: ASTNode, name: string, { types }: Names): void {
  if (types.has(name)) return
  throw refused(`no type is called '${name.slice(0, 100)}'; define it, or refer to the subject whose schema does`, node)
}

function checkArguments(node: DirectiveNode, { directives }: Names): void {
  const known = directives.get(node.name.value)
  if (!known) throw refused(`no directive is called '@${node.name.value.slice(0, 100)}'; define it`, node)
  for (const { name } of node.arguments ?? [])
    if (!known.has(name.value)) throw refused(`@${node.name.value} has no argument '${name.value.slice(0, 100)}'`, node)
}

function checkDefault(value: ValueNode, type: TypeNode, names: Names): void {
  if (type.kind === Kind.NON_NULL_TYPE) return checkDefault(value, type.type, names)
  if (type.kind === Kind.LIST_TYPE) {
    for (const item of value.kind === Kind.LIST ? value.values : [value]) checkDefault(item, type.type, names)
    return
  }
  const name = type.name.value
  const members = names.members.get(name)
  if (!members) return
  if (value.kind === Kind.ENUM && !members.has(value.value))
    throw refused(`${name} has no value '${value.value.slice(0, 100)}'`, value)
  if (value.kind !== Kind.OBJECT) return
  names.budget.left -= members.size
  if (names.budget.left < 0) throw invalid('', 'its defaults are of input types that are too large')
  const given = new Set<string>()
  for (const field of value.fields) {
    const known = members.get(field.name.value)
    if (!known) throw refused(`${name} has no field '${field.name.value.slice(0, 100)}'`, field)
    given.add(field.name.value)
    checkDefault(field.value, known.type, names)
  }
  for (const [member, field] of members)
    if (field?.type.kind === Kind.NON_NULL_TYPE && !field.defaultValue && !given.has(member))
      throw refused(`the default of ${name} lacks the field ${member}`, value)
}
