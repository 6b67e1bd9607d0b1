import { failure, isProjectName } from '@plinth/contracts'

/** A subject and the project whose it is. */
export type SubjectPlace = { project: string; subject: string }

const subjectForm = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,198}[A-Za-z0-9])?$/

export const isSubjectName = (name: string): boolean => subjectForm.test(name)

/**
 * A subject as it is written: `orders-value`, `:.payments:orders-value` (Confluent's contexts; a context is a project)
 * or `payments/orders-value`. The project is undefined where none is named; the whole is undefined where it is no name.
 */
export function readSubject(text: string): { project: string | undefined; subject: string } | undefined {
  const qualified = /^:\.([^:]*):(.*)$/.exec(text) ?? /^([^/:]+)\/(.*)$/.exec(text)
  if (qualified === null) return isSubjectName(text) ? { project: undefined, subject: text } : undefined
  const [, project = '', subject = ''] = qualified
  return isProjectName(project) && isSubjectName(subject) ? { project, subject } : undefined
}

/** The subject of a reference, of the project of the schema that refers unless it names another. */
export function placeOfReference(project: string, subject: string): SubjectPlace {
  const read = readSubject(subject)
  if (read === undefined) {
    throw failure('schemas.schema_invalid', {
      detail: `'${subject.slice(0, 80)}' is no subject that a schema could refer to.`,
      problems: [{ path: '/references', message: 'names a subject that no subject can be called' }],
    })
  }
  return { project: read.project ?? project, subject: read.subject }
}

export const qualifiedName = ({ project, subject }: SubjectPlace): string => `:.${project}:${subject}`
