/** A variable as a file or a caller gives it; `expand: false` keeps `$` as it is. */
export type Variable = { value: string; expand: boolean }
export type Variables = ReadonlyMap<string, Variable>

const reference = /\$\$|\$([A-Za-z_]\w*)|\$\{([A-Za-z_]\w*)\}|%([A-Za-z_]\w*)%|\$([*#@!?\-0-9])/g
/** A value that doubles itself a few times would fill the memory. */
const valueMax = 64 * 1024
/** All values of a job together: its environment could not hold more, and many long ones fill the memory as well. */
const totalMax = 1024 * 1024

export class ExpansionError extends Error {
  override readonly name = 'ExpansionError'
}

/**
 * Replaces `$NAME`, `${NAME}` and `%NAME%`; `$$` is a dollar. An unknown name stays as it is written (`unknown: keep`,
 * as on GitLab's server, for fields) or becomes nothing (`unknown: empty`, as in GitLab's runner, for the job itself).
 */
export function expandText(
  text: string,
  lookup: (name: string) => string | undefined,
  unknown: 'keep' | 'empty' = 'keep',
): string {
  if (!text.includes('$') && !text.includes('%')) return text
  const tooLong = `a value has more than ${valueMax} characters once its variables are expanded`
  let inserted = 0
  const expanded = text.replace(
    reference,
    (whole, plain?: string, braced?: string, percent?: string, special?: string) => {
      if (whole === '$$') return unknown === 'keep' ? '$$' : '$'
      if (special !== undefined) return unknown === 'keep' ? whole : ''
      const value = lookup(plain ?? braced ?? percent ?? '')
      if (value === undefined) return unknown === 'keep' || percent !== undefined ? whole : ''
      inserted += value.length
      // Before the text is put together: a line of references to one long value has no end that the memory would see.
      if (inserted > valueMax) throw new ExpansionError(tooLong)
      return value
    },
  )
  if (expanded.length > valueMax) throw new ExpansionError(tooLong)
  return expanded
}

/** Every variable with the others put in. Throws ExpansionError for a circle, naming it. */
export function expandAll(variables: Variables, unknown: 'keep' | 'empty' = 'keep'): Map<string, string> {
  const done = new Map<string, string>()
  const open: string[] = []
  let total = 0
  const valueOf = (name: string): string | undefined => {
    const known = done.get(name)
    if (known !== undefined) return known
    const variable = variables.get(name)
    if (variable === undefined) return undefined
    if (open.includes(name))
      throw new ExpansionError(`variables refer to one another in a circle: ${[...open, name].join(' -> ')}`)
    if (open.length > 100) throw new ExpansionError('variables refer to one another more than 100 levels deep')
    open.push(name)
    // A path that refers to itself, `PATH: $PATH:/x`, means the value from outside, which the runner alone knows.
    const value = variable.expand
      ? expandText(variable.value, (other) => (other === name ? `$${name}` : valueOf(other)), unknown)
      : variable.value
    open.pop()
    total += value.length
    if (total > totalMax)
      throw new ExpansionError(`the variables have more than ${totalMax} characters together once they are expanded`)
    done.set(name, value)
    return value
  }
  for (const name of variables.keys()) valueOf(name)
  return done
}

/** Later layers win; each is a layer of lower to higher precedence. */
export const layered = (...layers: readonly Variables[]): Map<string, Variable> =>
  new Map(layers.flatMap((layer) => [...layer]))

export const plain = (values: Readonly<Record<string, string>>, expand = false): Map<string, Variable> =>
  new Map(Object.entries(values).map(([name, value]) => [name, { value, expand }]))
