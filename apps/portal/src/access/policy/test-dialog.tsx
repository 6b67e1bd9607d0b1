import { useState } from 'react'
import type { Answer } from '../../api/plinth.ts'
import { TextField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
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

const askedOf = (test: PolicyTest | undefined): Asked => ({
  action: test?.action ?? 'deploy',
  object: test?.object ?? 'application',
  domain: test?.domain ?? '',
  at: '',
  address: test?.address ?? '',
})

/** One expected decision: who, what, where, and what shall come out. */
export function TestDialog({ test, onSave, onClose }: Props) {
  const [name, setName] = useState(test?.name ?? '')
  const [subjects, setSubjects] = useState(test?.subjects.join(' ') ?? '')
  const [expect, setExpect] = useState<'allow' | 'deny'>(test?.expect ?? 'deny')
  const [asked, setAsked] = useState(() => askedOf(test))
  const save = (): void => {
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
  }
  return (
    <FormDialog title={test ? 'Edit the test' : 'New test'} action="Take it" onSubmit={save} onClose={onClose}>
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
    </FormDialog>
  )
}
