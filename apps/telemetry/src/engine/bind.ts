/**
 * A ClickHouse string literal. Only the backslash and the quote can end one, so both are escaped and every other
 * character stands for itself (clickhouse.com/docs/sql-reference/syntax#string).
 */
export const quote = (text: string): string => `'${text.replace(/[\\']/g, '\\$&').replaceAll('\0', '\\0')}'`

export type Parameters = Readonly<Record<string, string | number | bigint>>

/**
 * Puts values into `{name:Type}` places: text as an escaped literal, numbers as digits. The store's own parameters
 * would do the same, but the binding allows them one statement at a time in the whole process.
 */
export function bind(statement: string, parameters: Parameters): string {
  return statement.replace(/\{(\w+):(String|Int64|UInt64|Float64)\}/g, (_place, name: string, type: string) => {
    const value = parameters[name]
    if (value === undefined) throw new Error(`the statement has no value for ${name}`)
    return type === 'String' ? quote(String(value)) : number(name, type, value)
  })
}

function number(name: string, type: string, value: string | number | bigint): string {
  const digits = String(value)
  const isFine =
    type === 'Float64' ? Number.isFinite(Number(digits)) && digits.trim() !== '' : /^-?\d{1,20}$/.test(digits)
  if (!isFine) throw new Error(`${name} is no ${type}`)
  return type === 'Float64' ? `toFloat64(${quote(digits)})` : `to${type}(${quote(digits)})`
}

/** The text as a LIKE pattern that finds it anywhere; its own wildcards mean themselves. */
export const likeAnywhere = (text: string): string => `%${text.replace(/[\\%_]/g, '\\$&')}%`
