import { expect, test } from 'vitest'
import { parseDotenv } from './dotenv.ts'

test('names, values and quotes are read; a line that is neither is named', () => {
  expect(parseDotenv('A=1\nexport B="two words"\n# no\n\nC=\nnot a line\nD=a=b')).toEqual({
    variables: { A: '1', B: 'two words', C: '', D: 'a=b' },
    problems: ['line 6 is not NAME=value'],
  })
})

test('no more variables than a job may hand on', () => {
  const text = Array.from({ length: 60 }, (_, index) => `V${index}=x`).join('\n')
  expect(Object.keys(parseDotenv(text).variables)).toHaveLength(50)
})
