import type { Problems } from './problems.ts'
import { readKeywords, readMap, readTexts } from './read-values.ts'
import type { Node } from './tree.ts'

const tokensMax = 20
const audiencesMax = 10
const nameForm = /^[A-Za-z_][A-Za-z0-9_]{0,254}$/

/** `id_tokens: { NAME: { aud: text or list } }`: the audiences of each identity token, by the variable that gets it. */
export function readIdTokens(node: Node, problems: Problems): Record<string, string[]> | undefined {
  const map = readMap(node, '`id_tokens`', problems)
  if (map === undefined) return undefined
  if (map.entries.size > tokensMax) problems.add(node.at, `A job has ${tokensMax} identity tokens at the most.`)
  const tokens: [string, string[]][] = []
  for (const [name, entry] of map.entries) {
    if (!nameForm.test(name)) problems.add(entry.keyAt, `\`${name}\` is no name for a variable.`)
    const inner = readMap(entry.node, `\`id_tokens:${name}\``, problems)
    if (inner === undefined) continue
    let audiences: string[] = []
    readKeywords(
      inner,
      `\`id_tokens:${name}\``,
      { aud: (aud) => void (audiences = readTexts(aud, `\`id_tokens:${name}:aud\``, audiencesMax, problems)) },
      problems,
    )
    if (audiences.length === 0 || audiences.includes(''))
      problems.add(entry.keyAt, `\`id_tokens:${name}\` needs \`aud\`: who the token is for.`)
    tokens.push([name, audiences])
  }
  return Object.fromEntries(tokens)
}
