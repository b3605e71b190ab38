/* What one changes elsewhere of how one writes holds here at once. */
export class Settings {
  constructor(chat) {
    chat.own.addEventListener("MessagingSettingsChanged", ({ detail }) => {
      if (chat.composer) chat.composer.entersSend = detail.data.enter_sends;
    });
  }
}
