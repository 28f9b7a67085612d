// Offers every figure as files of its own; without scripts the page says where the files lie.
const drawn = id => new Blob([new XMLSerializer().serializeToString(document.getElementById(id))],
  { type: "image/svg+xml" });
const save = (blob, name) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
};
for (const link of document.querySelectorAll("a[data-svg]")) {
  link.href = URL.createObjectURL(drawn(link.dataset.svg));
  link.hidden = false;
}
for (const link of document.querySelectorAll("a[data-png]")) {
  link.href = "#" + link.dataset.png;
  link.hidden = false;
  link.addEventListener("click", event => {
    event.preventDefault();
    const { width, height } = document.getElementById(link.dataset.png).viewBox.baseVal;
    const image = new Image(width, height);
    image.onload = () => {
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [2 * width, 2 * height];
      const context = canvas.getContext("2d");
      context.fillStyle = "white";
      context.fillRect(0, 0, canvas.width, canvas.height);
      context.drawImage(image, 0, 0, canvas.width, canvas.height);
      canvas.toBlob(blob => save(blob, link.download));
    };
    image.src = URL.createObjectURL(drawn(link.dataset.png));
  });
}
for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const caption = document.getElementById(button.dataset.copy);
    const words = caption.textContent.replace(/\s+/g, " ").trim();
    navigator.clipboard.writeText(words).then(() => { button.textContent = "copied"; });
  });
}
