import { memoryJournal } from "../support/memory-journal.ts";
import { journalContract } from "./journal.contract.ts";

journalContract("memory", memoryJournal);
