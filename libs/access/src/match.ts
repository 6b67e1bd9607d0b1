/**
 * What a policy's patterns mean, once for the compiled index and once more, as plain functions, for node-casbin. No
 * regular expression anywhere: a policy cannot make a decision slow, let alone hang it (node-casbin's keyMatch2 and
 * regexMatch can). An empty string matches nothing, on either side.
 */

/** Whether a rule or link of domain `pattern` holds in `domain`: `*`, the same, or an ancestor. */
export function domainMatch(domain: string, pattern: string): boolean {
  if (domain === '' || pattern === '') return false
  return pattern === '*' || pattern === domain || domain.startsWith(`${pattern}/`)
}

/** Whether an object (kind or kind/id) falls under a pattern: exact, a kind with all its ids, or one trailing `*`. */
export function objectMatch(object: string, pattern: string): boolean {
  if (object === '' || pattern === '') return false
  if (pattern.endsWith('*')) return object.startsWith(pattern.slice(0, -1))
  return pattern === object || pattern === kindOf(object)
}

/** Whether an action falls under a pattern: the same, or `*`. */
export function actionMatch(action: string, pattern: string): boolean {
  if (action === '' || pattern === '') return false
  return pattern === '*' || pattern === action
}

/** The kind of `kind/id`; the object itself where it has no id. */
export function kindOf(object: string): string {
  const slash = object.indexOf('/')
  return slash === -1 ? object : object.slice(0, slash)
}

/** Every domain whose rules hold in `domain`, widest first: `a/b` gives `*`, `a`, `a/b`. */
export function domainLevels(domain: string): string[] {
  const levels = ['*']
  for (let slash = domain.indexOf('/'); slash !== -1; slash = domain.indexOf('/', slash + 1)) {
    if (slash > 0) levels.push(domain.slice(0, slash))
  }
  if (domain !== '*') levels.push(domain)
  return levels
}

/** Where both hold: the narrower of the two domains, or nothing when neither lies in the other. */
export function narrower(one: string, other: string): string | undefined {
  if (domainMatch(one, other)) return one
  return domainMatch(other, one) ? other : undefined
}
