import { CodeBlocks } from "./code.js";
import { Drafts } from "./drafts.js";
import { EmojiButton } from "./emoji.js";
import { Files } from "./files.js";
import { Jump } from "./jump.js";
import { Keeping } from "./keeping.js";
import { Later } from "./later.js";
import { Mentions } from "./mentions.js";
import { OwnTimes } from "./owntimes.js";
import { Reactions } from "./reactions.js";
import { Receipts } from "./receipts.js";
import { Settings } from "./settings.js";
import { Templates } from "./templates.js";

/*
 * What a conversation can do beside listing, sending and reading. Each part is a class of a module
 * of its own, made once for each conversation with the Chat as its argument. What it has of these is
 * called:
 *
 *   received(frame)  every event of the conversation's stream, after the list shows it
 *   clicked(event)   every click inside the conversation
 *   inserted(items)  messages that were put into the list, or drawn again
 *   close()          the session is over
 */
export const PARTS = [CodeBlocks, Drafts, EmojiButton, Files, Jump, Keeping, Later, Mentions, OwnTimes, Reactions, Receipts, Settings, Templates];
