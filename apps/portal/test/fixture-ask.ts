export type Asked = {
  subject: string
  params: Record<string, string>
  query: Record<string, string>
  body: Record<string, unknown>
}
export class Problem extends Error {
  readonly status: number
  readonly document: Record<string, unknown>
  constructor(status: number, code: string, detail: string, more: Record<string, unknown> = {}) {
    super(detail)
    this.status = status
    this.document = {
      type: `https://plinth.dev/errors/${code}`,
      title: code,
      status,
      code,
      detail,
      instance: 'req_01jd9fixture',
      ...more,
    }
  }
}

export const found = <T>(value: T | undefined, code: string): T => {
  if (value === undefined) throw new Problem(404, code, 'No such thing, or none that you may see.')
  return value
}
export const page = <T>(
  all: readonly T[],
  { limit = '50', cursor = '0' }: Record<string, string>,
): { items: T[]; nextCursor?: string } => {
  const from = Number(cursor)
  const to = from + Number(limit)
  return { items: all.slice(from, to), ...(to < all.length && { nextCursor: String(to) }) }
}
export const text = (value: unknown): string => (typeof value === 'string' ? value : '')
export const named = (text: string | undefined) => (one: { name: string }) =>
  text === undefined || one.name.includes(text)
export const inProject = (project: string | undefined) => (one: { project: string }) => one.project === project
