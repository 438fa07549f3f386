export { memoryJournal } from "../../src/adapters/postgres/memory-journal.ts";
