import type { Catalog, ColumnOf, RelationOf } from './catalog.ts'

/** One difference of two catalogs, in the words of the thing itself. */
export type Difference = {
  /** `orders.total`, `orders`, `type mood`. */
  path: string
  what: 'relation' | 'column' | 'constraint' | 'index' | 'trigger' | 'enum' | 'function' | 'definition'
  before?: string
  after?: string
}

export const columnText = ({ type, nullable, default: fallback, generated }: ColumnOf): string =>
  [
    type,
    nullable ? '' : 'not null',
    fallback === undefined ? '' : `default ${fallback}`,
    generated === undefined ? '' : `generated ${generated}`,
  ]
    .filter(Boolean)
    .join(' ')

const texts = <T extends { name: string }>(items: readonly T[], text: (item: T) => string): Map<string, string> =>
  new Map(items.map((item) => [item.name, text(item)]))

function compare(
  what: Difference['what'],
  prefix: string,
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): Difference[] {
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((name) => {
    const [was, is] = [before.get(name), after.get(name)]
    if (was === is) return []
    return [
      {
        path: `${prefix}${name}`,
        what,
        ...(was !== undefined && { before: was }),
        ...(is !== undefined && { after: is }),
      },
    ]
  })
}

const defined = (items: readonly { name: string; definition: string }[] = []): Map<string, string> =>
  texts(items, ({ definition }) => definition)

function relationDifferences(name: string, before: RelationOf, after: RelationOf): Difference[] {
  const inside = `${name}.`
  return [
    ...(before.kind === after.kind
      ? []
      : [{ path: name, what: 'relation' as const, before: before.kind, after: after.kind }]),
    ...compare('column', inside, texts(before.columns, columnText), texts(after.columns, columnText)),
    ...compare('constraint', inside, defined(before.constraints), defined(after.constraints)),
    ...compare('index', inside, defined(before.indexes), defined(after.indexes)),
    ...compare('trigger', inside, defined(before.triggers), defined(after.triggers)),
    ...(before.definition === after.definition
      ? []
      : compare(
          'definition',
          '',
          new Map([[name, before.definition ?? '']]),
          new Map([[name, after.definition ?? '']]),
        )),
  ]
}

/** What is there in the one and not, or otherwise, in the other; comments and the order of columns do not count. */
export function differencesOf(before: Catalog, after: Catalog): Difference[] {
  const [was, is] = [before, after].map(({ relations }) => new Map(relations.map((one) => [one.name, one])))
  const names = [...new Set([...(was?.keys() ?? []), ...(is?.keys() ?? [])])].sort()
  const ofRelations = names.flatMap((name): Difference[] => {
    const [a, b] = [was?.get(name), is?.get(name)]
    if (a && b) return relationDifferences(name, a, b)
    return [{ path: name, what: 'relation', ...(a && { before: a.kind }), ...(b && { after: b.kind }) }]
  })
  const values = ({ values: list }: { values: string[] }): string => list.join(', ')
  return [
    ...ofRelations,
    ...compare('enum', 'type ', texts(before.enums, values), texts(after.enums, values)),
    ...compare('function', 'function ', defined(before.functions), defined(after.functions)),
  ]
}
