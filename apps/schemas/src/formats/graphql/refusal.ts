import { GraphQLError, type ASTNode } from 'graphql'
import { invalid } from '../json-text.ts'

/** An error of the library as ours, with line and column; anything else stays what it is. */
export function refusal(error: unknown): unknown {
  if (!(error instanceof GraphQLError)) return error
  const [at] = error.locations ?? []
  const name = error.source?.name ?? ''
  const message = error.message.replace(/^Syntax Error: /, '').slice(0, 400)
  return invalid(at ? `${at.line}:${at.column}` : '', name === '' ? message : `${message} (in ${name.slice(0, 80)})`)
}

/** An error at the place of a node. */
export const refused = (message: string, nodes: ASTNode): unknown => refusal(new GraphQLError(message, { nodes }))
