/** Deletes images after naming them; the server keeps what runs, and says so. */
import type { DeletedImages, ImageView, RepositoryPlace } from '../api/images.js';
import { deleteImages } from '../api/images.js';
import { useSubmit } from '../api/submission.js';
import { Notice } from '../ui/feedback.js';
import { errorsByField } from '../ui/field-error.js';
import { given } from '../ui/filters.js';
import { FormDialog } from '../ui/form-dialog.js';
import { count, shortDigest } from '../ui/words.js';
import classes from './images.module.css';

export function DeleteImagesDialog(props: {
  place: RepositoryPlace;
  images: readonly ImageView[];
  onClose: () => void;
  onDone: (outcome: DeletedImages) => void;
}) {
  const { place, images, onClose, onDone } = props;
  const removal = useSubmit(deleteImages, { onDone });
  const { general } = errorsByField(removal.error, []);
  const live = images.filter(({ in_use: places }) => places !== null && places.length > 0);
  return (
    <FormDialog
      title={`Delete ${count(images.length, 'image')}?`}
      submit="Delete"
      danger
      busy={removal.isPending}
      general={general}
      onClose={onClose}
      onSubmit={() =>
        removal.mutate({
          ...given(place),
          repository: place.repository,
          digests: images.map(({ digest }) => digest),
        })
      }
    >
      <div>
        They are gone for good. Images that run are kept.
        <ul className={classes.list}>
          {images.map(({ digest, tags }) => (
            <li key={digest}>
              <code>{shortDigest(digest)}</code> {tags.join(', ')}
            </li>
          ))}
        </ul>
      </div>
      {live.length > 0 && (
        <Notice tone="warn">
          {count(live.length, 'of them runs', 'of them run')} now and will be kept:{' '}
          {live.flatMap(({ in_use: places }) => places ?? []).join(', ')}.
        </Notice>
      )}
    </FormDialog>
  );
}
