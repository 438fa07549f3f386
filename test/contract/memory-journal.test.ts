import { memoryJournal } from "../../src/adapters/postgres/memory-journal.ts";
import { journalContract } from "./journal.contract.ts";

journalContract("memory", memoryJournal);
