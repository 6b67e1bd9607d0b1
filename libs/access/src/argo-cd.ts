import type { Link, Rule, TextProblem } from './policy.ts'

export type ImportedPolicy = { readonly rules: Rule[]; readonly links: Link[]; readonly notes: TextProblem[] }

export function importArgoCd(policyCsv: string, options: { defaultRole?: string | undefined } = {}): ImportedPolicy {
  void policyCsv
  void options
  return { rules: [], links: [], notes: [] }
}
