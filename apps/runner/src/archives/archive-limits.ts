export type ArchiveLimits = { entriesMax: number; bytesMax: number }

/** Against an archive that is small to send and fills the disk when it is unpacked. */
export const archiveLimits: ArchiveLimits = { entriesMax: 200_000, bytesMax: 4 * 1024 ** 3 }

/** What is wrong with the archive, in words for the person who made it. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError'
}
