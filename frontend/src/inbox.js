/* Messages, live: the list keeps itself true, and the open conversation is a Chat. */
import { Idiomorph } from "idiomorph";
import { Chat } from "./chat/chat.js";
import { leaveNotice } from "./lib/notices.js";
import { showLine } from "./live/line.js";
import { Outbox } from "./live/outbox.js";
import { joinIn } from "./live/person.js";
import { Received } from "./live/received.js";
import { Socket } from "./live/socket.js";
import { hideInbox } from "./inbox/signedout.js";
import { findAsTyped } from "./inbox/find.js";
import "./inbox/details.js";
import "./inbox/keys.js";

// What comes together is asked for together.
const REFRESH_AFTER = 250;
// So that a busy group's pages do not all ask in the same moment.
const SPREAD = 250;
// A word on what is new may be lost; nobody looks at an old list for longer than this.
const LOOK_EVERY = 60_000;

const page = document.querySelector("[data-inbox]");
const list = page.querySelector("[data-inbox-list]");
const socket = new Socket();
const outbox = new Outbox(socket, page.dataset.me);
const own = joinIn(socket, page.dataset.me);
const received = new Received(socket);
const talk = page.querySelector("[data-chat]");

function nameOf(userId) {
  const known = document.querySelector(`[data-author="${userId}"]`)?.dataset.authorName;
  return known ?? page.querySelector(".pane-thread").dataset.conversationName ?? "Somebody";
}

const chat = talk && new Chat(talk, { socket, outbox, own, name: nameOf });

// The list ------------------------------------------------------------------------------------
let isClosed = false;
let timer = 0;

async function refresh() {
  if (isClosed || document.hidden) return;
  const query = new URLSearchParams(location.search);
  for (const name of ["message", "pane"]) query.delete(name);
  query.set("open", page.dataset.open);
  const answer = await fetch(`${page.dataset.listUrl}?${query}`).catch(() => null);
  if (!answer?.ok || answer.redirected || isClosed) return; // the next look makes up for it
  Idiomorph.morph(list, await answer.text(), { morphStyle: "innerHTML", ignoreActiveValue: true });
  document.dispatchEvent(new CustomEvent("presence:look"));
}

findAsTyped(page, refresh);

/** Soon, and once for all that comes until then. */
function refreshSoon() {
  if (timer) return;
  timer = setTimeout(() => {
    timer = 0;
    refresh();
  }, REFRESH_AFTER + SPREAD * Math.random());
}

socket.addEventListener("news", ({ detail: { stream, seq, name, actor } }) => {
  // The open conversation's own is told by its chat.
  if (name !== "MessageSent" || actor === page.dataset.me || stream === chat?.stream) return;
  received.got(stream.slice("conversation:".length), seq);
});
document.body.addEventListener("inbox:changed", refreshSoon);
setInterval(() => document.body.dispatchEvent(new CustomEvent("inbox:changed")), LOOK_EVERY);

own.addEventListener("DraftChanged", ({ detail }) => {
  if (detail.data.conversation !== page.dataset.open) refreshSoon(); // of the open one nothing shows
});

// Where one was in the list, when another conversation is opened.
list.addEventListener("click", (event) => {
  if (event.target.closest("[data-row]")) sessionStorage.setItem("inbox:scroll", String(list.scrollTop));
});
// Opened from the list by mouse or keyboard, one goes on by writing.
if (sessionStorage.getItem("inbox:scroll") && matchMedia("(pointer: fine)").matches) chat?.composer?.focus();
list.scrollTop = Number(sessionStorage.getItem("inbox:scroll") ?? 0);
sessionStorage.removeItem("inbox:scroll");

// The open conversation -----------------------------------------------------------------------
const REDRAWS = new Set(["MemberAdded", "AccessRevoked", "ConversationRenamed"]);

chat?.parts.push({
  received({ name }) {
    if (REDRAWS.has(name)) document.body.dispatchEvent(new CustomEvent("conversation:changed"));
    if (name === "ConversationClosed") location.reload();
  },
});
socket.addEventListener("revoked", ({ detail }) => {
  if (detail.stream !== chat?.stream) return;
  leaveNotice(`You no longer take part in “${page.querySelector(".pane-thread").dataset.conversationName}”.`);
  location.assign("/inbox/");
});
socket.addEventListener("rewound", () => location.reload());

showLine(socket, outbox, () => {
  isClosed = true;
  hideInbox(page, chat);
});
