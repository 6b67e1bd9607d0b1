import { describe, expect, it } from 'vitest'
import { readCobertura } from './cobertura.ts'
import { CoverageTally, percentOf, totalCoverage } from './coverage-tally.ts'
import { readJacoco } from './jacoco.ts'
import { readLcov } from './lcov.ts'

/** As coverage.py writes it. */
const cobertura = `<?xml version="1.0" ?>
<!DOCTYPE coverage SYSTEM 'http://cobertura.sourceforge.net/xml/coverage-04.dtd'>
<coverage version="7.6.1" timestamp="1764000000000" lines-valid="6" lines-covered="4" line-rate="0.6667" branches-covered="1" branches-valid="2" branch-rate="0.5" complexity="0">
  <sources><source>/builds/payments/ledger</source></sources>
  <packages><package name="ledger" line-rate="0.6667" branch-rate="0.5" complexity="0"><classes>
    <class name="book.py" filename="ledger/book.py" complexity="0" line-rate="0.75" branch-rate="0.5">
      <methods><method name="add" signature="()"><lines><line number="2" hits="3"/></lines></method></methods>
      <lines><line number="1" hits="1"/><line number="2" hits="3"/>
        <line number="3" hits="2" branch="true" condition-coverage="50% (1/2)" missing-branches="exit"/><line number="4" hits="0"/></lines>
    </class>
    <class name="io.py" filename="./ledger/io.py"><methods/><lines><line number="1" hits="1"/><line number="2" hits="0"/></lines></class>
  </classes></package></packages>
</coverage>`

const jacoco = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><!DOCTYPE report PUBLIC "-//JACOCO//DTD Report 1.1//EN" "report.dtd"><report name="ledger"><sessioninfo id="host-1" start="1" dump="2"/><group name="core"><package name="com/plinth"><class name="com/plinth/Book" sourcefilename="Book.java"><method name="add" desc="()V" line="5"><counter type="LINE" missed="1" covered="2"/></method></class><sourcefile name="Book.java"><line nr="5" mi="0" ci="3" mb="1" cb="1"/><line nr="6" mi="4" ci="0" mb="0" cb="0"/><line nr="7" mi="1" ci="1" mb="0" cb="0"/><counter type="LINE" missed="1" covered="2"/></sourcefile><sourcefile name="NoDebug.java"><counter type="LINE" missed="3" covered="1"/><counter type="BRANCH" missed="1" covered="0"/></sourcefile></package></group><counter type="LINE" missed="4" covered="3"/></report>`

const lcov = `TN:unit
SF:/builds/payments/ledger/src/book.ts
FN:1,add
FNDA:4,add
FNF:1
FNH:1
DA:1,4
DA:2,0
DA:3,1,c2lnbmF0dXJl
BRDA:3,0,0,1
BRDA:3,0,1,-
BRF:2
BRH:1
LF:3
LH:2
end_of_record
SF:src/told.ts
LF:10
LH:5
end_of_record
`

const read = (...documents: readonly (readonly [(text: string, tally: CoverageTally) => void, string])[]): CoverageTally => {
  const tally = new CoverageTally()
  for (const [reader, text] of documents) reader(text, tally)
  return tally
} // prettier-ignore

describe('a coverage report', () => {
  it('in the form of Cobertura gives lines and branches by file, those of methods once', () => {
    expect(read([readCobertura, cobertura]).files()).toEqual([
      { path: 'ledger/book.py', linesCovered: 3, linesTotal: 4, branchesCovered: 1, branchesTotal: 2 },
      { path: 'ledger/io.py', linesCovered: 1, linesTotal: 2, branchesCovered: 0, branchesTotal: 0 },
    ])
  })

  it('in the form of JaCoCo gives lines by source file, and its counters where there are no lines', () => {
    expect(read([readJacoco, jacoco]).files()).toEqual([
      { path: 'com/plinth/Book.java', linesCovered: 2, linesTotal: 3, branchesCovered: 1, branchesTotal: 2 },
      { path: 'com/plinth/NoDebug.java', linesCovered: 1, linesTotal: 4, branchesCovered: 0, branchesTotal: 1 },
    ])
  })

  it('in the form of LCOV gives lines and branches, its sums where there are no lines, paths of the project', () => {
    expect(read([readLcov, lcov]).files()).toEqual([
      { path: 'src/book.ts', linesCovered: 2, linesTotal: 3, branchesCovered: 1, branchesTotal: 2 },
      { path: 'src/told.ts', linesCovered: 5, linesTotal: 10, branchesCovered: 0, branchesTotal: 0 },
    ])
  })

  it('of one shard adds to that of another: a line that either ran is covered', () => {
    const shard = (hits: string): string => `SF:a.ts\n${hits}\nend_of_record\n`
    const files = read([readLcov, shard('DA:1,1\nDA:2,0\nDA:3,0')], [readLcov, shard('DA:1,0\nDA:2,5\nDA:3,0')]).files()
    expect(totalCoverage(files)).toMatchObject({ linesCovered: 2, linesTotal: 3 })
    expect(percentOf(totalCoverage(files))).toBe(66.66)
    expect(percentOf(totalCoverage([]))).toBe(0)
  })

  it.each([
    ['entities that multiply', readJacoco, '<!DOCTYPE report [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><report name="&b;"/>', 'declares something'],
    ['a named type that declares too', readCobertura, '<!DOCTYPE coverage SYSTEM "x.dtd" [<!ENTITY a "b">]><coverage/>', 'declares something'],
    ['elements without end', readCobertura, '<a>'.repeat(40), 'deeper than 32'],
    ['elements without number', readJacoco, `<report>${'<line/>'.repeat(500_001)}`, 'more than 500000 elements'],
    ['another kind of document', readCobertura, '<html/>', 'no `coverage`'],
    ['another kind of document', readJacoco, '<html/>', 'no `report`'],
    ['text that is no XML', readCobertura, 'TN:', 'not well-formed (line 1'],
    ['a record that breaks off', readLcov, 'SF:a\nDA:1,1\n', 'not ended'],
    ['nothing', readLcov, '', 'no record'],
    ['lines without number', readLcov, `SF:a\n${'DA:1,1\n'.repeat(1_000_001)}`, 'more than 1000000 lines'],
    ['files without number', readLcov, Array.from({ length: 20_001 }, (_, n) => `SF:${n}\nDA:1,1\nend_of_record\n`).join(''), 'more than 20000 files'],
  ])('of %s is refused with the reason', (_what, reader, document, why) => {
    expect(() => read([reader, document])).toThrow(why)
  }) // prettier-ignore

  it('with more branches than can be counted comes to a number that can be kept', () => {
    const line = (number: number): string => `<line nr="${number}" ci="1" mb="0" cb="100000000"/>`
    const lines = Array.from({ length: 30 }, (_, index) => line(index + 1)).join('')
    const report = `<report><package name="p"><sourcefile name="A">${lines}</sourcefile></package></report>`
    expect(read([readJacoco, report]).files()).toMatchObject([{ branchesTotal: 2_147_483_647 }])
  })

  it('with numbers that are none, or beyond reason, counts nothing by them', () => {
    const odd = 'SF:a\nDA:x,1\nDA:-1,1\nDA:1e99,1\nDA:2,NaN\nLF:-5\nLH:1e99\nBRDA:2,0,0,1\nend_of_record\n'
    expect(read([readLcov, odd]).files()).toEqual([
      { path: 'a', linesCovered: 0, linesTotal: 1, branchesCovered: 1, branchesTotal: 1 },
    ])
  })
})
