import { useState } from 'react'
import type { Answer } from '../../api/plinth.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import {
  type Asked,
  CircumstanceFields,
  circumstancesOf,
  isAction,
  QuestionFields,
} from '../shared/question-fields.tsx'

export type PolicyTest = Answer<'getPolicyTests'>['items'][number]

const listOf = (text: string): string[] => text.split(/[\s,]+/).filter((one) => one !== '')

type Props = { test: PolicyTest | undefined; onSave: (test: PolicyTest) => void; onClose: () => void }

/** One expected decision: who, what, where, and what shall come out. */
export function TestDialog({ test, onSave, onClose }: Props) {
  const [name, setName] = useState(test?.name ?? '')
  const [subjects, setSubjects] = useState(test?.subjects.join(' ') ?? '')
  const [expect, setExpect] = useState<'allow' | 'deny'>(test?.expect ?? 'deny')
  const [asked, setAsked] = useState<Asked>({
    action: test?.action ?? 'deploy',
    object: test?.object ?? 'application',
    domain: test?.domain ?? '',
    at: '',
    address: test?.address ?? '',
  })
  return (
    <Dialog title={test ? 'Edit the test' : 'New test'} onClose={onClose}>
      <form
        className="flex flex-col gap-4 p-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (!isAction(asked.action)) return
          onSave({
            name,
            subjects: listOf(subjects),
            action: asked.action,
            object: asked.object,
            domain: asked.domain,
            expect,
            ...(test?.at !== undefined && asked.at === '' && { at: test.at }),
            ...circumstancesOf(asked),
          })
        }}
      >
        <TextField
          label="What it keeps"
          required
          value={name}
          onChange={setName}
          placeholder="A developer never deploys to production"
        />
        <TextField
          label="Subjects"
          required
          value={subjects}
          onChange={setSubjects}
          spellCheck={false}
          placeholder="user:dev group:payments/developers"
          help="All that the one who asks is: his name and his groups"
        />
        <QuestionFields value={asked} onChange={setAsked} />
        <div className="grid gap-3 sm:grid-cols-2">
          <CircumstanceFields value={asked} onChange={setAsked} />
        </div>
        <div className="flex items-center gap-3">
          <span className="text-sm font-medium">Expect</span>
          <Segmented
            label="Expected"
            value={expect}
            onChange={setExpect}
            options={[
              ['allow', 'allow'],
              ['deny', 'deny'],
            ]}
          />
        </div>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary">
            Take it
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
