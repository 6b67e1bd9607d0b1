import { Kind, print, type ASTNode, type DocumentNode } from 'graphql'

/** The text as the library prints it: without comments and spaces of one's own, in the order that was written. */
export const canonicalText = (document: DocumentNode): string => print(document)

/** Independent of the order of types, fields, arguments, values and members; that of applied directives has a meaning. */
export function normalizedText(document: DocumentNode): string {
  const definitions = document.definitions.map(sorted).toSorted((a, b) => compare(keyOf(a), keyOf(b)))
  return print({ kind: Kind.DOCUMENT, definitions })
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Lists whose order says nothing to anybody. */
const unordered = ['fields', 'arguments', 'values', 'interfaces', 'types', 'locations', 'operationTypes'] as const

function keyOf(node: ASTNode): string {
  if (node.kind === Kind.NAME) return node.value
  if (node.kind === Kind.OPERATION_TYPE_DEFINITION) return node.operation
  return 'name' in node && node.name ? `${node.name.value} ${node.kind}` : node.kind
}

function sorted<Node extends ASTNode>(node: Node): Node {
  const copy: Record<string, unknown> = { ...node }
  for (const key of unordered) {
    const list: unknown = copy[key]
    if (!Array.isArray(list) || (key === 'values' && node.kind === Kind.LIST)) continue
    copy[key] = (list as ASTNode[]).map(sorted).toSorted((a, b) => compare(keyOf(a), keyOf(b)))
  }
  return copy as Node
}
