/** Registries keep a schema in one line; people read it indented. What is not JSON stays as its author wrote it. */
export const pretty = (text: string): string => {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2)
  } catch {
    return text
  }
}
