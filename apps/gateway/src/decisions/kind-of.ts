/** The kind of `kind/id`. */
export function kindOf(object: string): string {
  const slash = object.indexOf('/')
  return slash === -1 ? object : object.slice(0, slash)
}
