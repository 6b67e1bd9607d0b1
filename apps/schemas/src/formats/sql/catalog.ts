import { failure } from '@plinth/contracts'
import { Type, type Static } from 'typebox'
import { Value } from 'typebox/value'

const Defined = Type.Object({ name: Type.String(), definition: Type.String() })
const Column = Type.Object({
  name: Type.String(),
  type: Type.String(),
  nullable: Type.Boolean(),
  default: Type.Optional(Type.String()),
  generated: Type.Optional(Type.String()),
  comment: Type.Optional(Type.String()),
})
const Relation = Type.Object({
  /** `orders`, or `sales.orders` in another schema than public. */
  name: Type.String(),
  kind: Type.Enum(['table', 'partitioned table', 'view', 'materialized view', 'foreign table']),
  columns: Type.Array(Column),
  constraints: Type.Array(Defined),
  indexes: Type.Array(Defined),
  triggers: Type.Optional(Type.Array(Defined)),
  definition: Type.Optional(Type.String()),
})
/** What a database is made of, as PostgreSQL's own catalog says it, in one order: the document of a SQL schema. */
export const CatalogDocument = Type.Object({
  relations: Type.Array(Relation),
  enums: Type.Array(Type.Object({ name: Type.String(), values: Type.Array(Type.String()) })),
  /** By name and arguments: `touch(row_id bigint)`. */
  functions: Type.Optional(Type.Array(Defined)),
})
export type Catalog = Static<typeof CatalogDocument>
export type RelationOf = Catalog['relations'][number]
export type ColumnOf = RelationOf['columns'][number]

/** Throws schemas.schema_invalid where a text is no catalog. */
export function readCatalog(text: string): Catalog {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw failure('schemas.schema_invalid', {
      detail: `A SQL schema is a catalog as JSON: ${error instanceof Error ? error.message : ''}`,
      cause: error,
    })
  }
  const [problem] = Value.Errors(CatalogDocument, value)
  if (problem !== undefined) {
    const path = problem.instancePath
    throw failure('schemas.schema_invalid', {
      detail: `It is no catalog of a database: ${path || '/'} ${problem.message}.`,
      problems: [{ path, message: problem.message }],
    })
  }
  return ordered(value as Catalog)
}

const byName = <T extends { name: string }>(items: readonly T[]): T[] =>
  items.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))

/** Without anything that a catalog does not have, and in the one order; columns in the order of the table. */
const ordered = ({ relations, enums, functions = [] }: Catalog): Catalog => ({
  relations: byName(relations).map(({ name, kind, columns, constraints, indexes, triggers = [], definition }) => ({
    name,
    kind,
    columns: columns.map((column) => ({
      name: column.name,
      type: column.type,
      nullable: column.nullable,
      ...(column.default !== undefined && { default: column.default }),
      ...(column.generated !== undefined && { generated: column.generated }),
      ...(column.comment !== undefined && { comment: column.comment }),
    })),
    constraints: byName(constraints),
    indexes: byName(indexes),
    ...(triggers.length > 0 && { triggers: byName(triggers) }),
    ...(definition !== undefined && { definition }),
  })),
  enums: byName(enums).map(({ name, values }) => ({ name, values })),
  ...(functions.length > 0 && { functions: byName(functions) }),
})

export const catalogText = (catalog: Catalog): string => JSON.stringify(ordered(catalog))

/**
 * One statement that answers one row with one column, the catalog as JSON; PostgreSQL 15 to 18. What extensions own
 * and what the platform keeps (schema plinth) is left out. Run it with `search_path` public, so that names are alike.
 */
export const catalogQuery = `with namespaces as (
  select oid, nspname from pg_namespace where nspname !~ '^pg_' and nspname not in ('information_schema', 'plinth')
), relations as (
  select c.oid, c.relkind, case when n.nspname = 'public' then c.relname::text else n.nspname || '.' || c.relname end as name
  from pg_class c join namespaces n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relpersistence <> 't'
    and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
)
select json_build_object(
  'relations', coalesce((select json_agg(json_strip_nulls(json_build_object(
    'name', r.name,
    'kind', case r.relkind when 'r' then 'table' when 'p' then 'partitioned table' when 'v' then 'view' when 'm' then 'materialized view' else 'foreign table' end,
    'columns', coalesce((select json_agg(json_build_object(
        'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'nullable', not a.attnotnull,
        'default', case when a.attgenerated = '' and a.attidentity = '' then pg_get_expr(d.adbin, d.adrelid) end,
        'generated', case when a.attidentity = 'a' then 'always as identity' when a.attidentity = 'd' then 'by default as identity'
          when a.attgenerated <> '' then pg_get_expr(d.adbin, d.adrelid) end,
        'comment', col_description(r.oid, a.attnum)) order by a.attnum)
      from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped), '[]'),
    'constraints', coalesce((select json_agg(json_build_object('name', c.conname, 'definition', pg_get_constraintdef(c.oid)) order by c.conname)
      from pg_constraint c where c.conrelid = r.oid and c.contype in ('p', 'u', 'c', 'f', 'x')), '[]'),
    'indexes', coalesce((select json_agg(json_build_object('name', i.relname, 'definition', pg_get_indexdef(x.indexrelid) || case when x.indisvalid then '' else ' -- invalid' end) order by i.relname)
      from pg_index x join pg_class i on i.oid = x.indexrelid
      where x.indrelid = r.oid and not exists (select from pg_constraint c where c.conindid = x.indexrelid and c.conrelid = r.oid and c.contype in ('p', 'u', 'x'))), '[]'),
    'triggers', (select json_agg(json_build_object('name', t.tgname, 'definition', pg_get_triggerdef(t.oid)) order by t.tgname)
      from pg_trigger t where t.tgrelid = r.oid and not t.tgisinternal),
    'definition', case when r.relkind in ('v', 'm') then pg_get_viewdef(r.oid, true) end
  )) order by r.name) from relations r), '[]'),
  'enums', coalesce((select json_agg(json_build_object('name', case when n.nspname = 'public' then t.typname::text else n.nspname || '.' || t.typname end,
      'values', (select json_agg(e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid)) order by n.nspname, t.typname)
    from pg_type t join namespaces n on n.oid = t.typnamespace where t.typtype = 'e'
      and not exists (select from pg_depend d where d.classid = 'pg_type'::regclass and d.objid = t.oid and d.deptype = 'e')), '[]'),
  'functions', coalesce((select json_agg(json_build_object('name', case when n.nspname = 'public' then '' else n.nspname || '.' end || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
      'definition', pg_get_functiondef(p.oid)) order by n.nspname, p.proname)
    from pg_proc p join namespaces n on n.oid = p.pronamespace where p.prokind in ('f', 'p')
      and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')), '[]')
) as catalog`
