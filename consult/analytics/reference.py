"""Everyday sentences whose mean stands for "a text of this language", where a run has too few texts of its own.

Written for this purpose; their subjects are spread on purpose, since only what they have in common is used.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from consult.analytics.embedding import Embedder
from consult.analytics.space import Centre

SENTENCES = {
    "it": """
Ieri ho aspettato un'ora e alla fine sono tornato a casa a piedi.
Secondo me bisogna cominciare dalle cose piccole, che costano poco.
Nel nostro comune se ne parla da anni ma non si è visto niente.
Chiediamo che qualcuno venga a vedere con i propri occhi come stiamo.
Mia sorella lavora in un ufficio e la sera è sempre stanca.
Il prezzo è aumentato ancora e le famiglie non ce la fanno più.
Propongo un incontro al mese con chi decide, aperto a tutti.
La strada davanti a casa è piena di buche e nessuno la ripara.
I ragazzi vorrebbero un posto dove stare insieme il pomeriggio.
Non sono d'accordo con chi vuole chiudere tutto per risparmiare.
Da quando hanno cambiato gli orari arrivo sempre in ritardo al lavoro.
Servono più persone preparate e meno carte da riempire.
Il medico mi ha detto di tornare tra sei mesi per il controllo.
Abbiamo raccolto trecento firme e le abbiamo portate in municipio.
Quando piove il torrente sale e in cantina entra l'acqua.
Qui una volta c'erano tre negozi, adesso non ce n'è neanche uno.
L'insegnante di mio figlio è bravissima ma le aule cadono a pezzi.
Vorrei comprare una casa, ma con quello che guadagno è impossibile.
Ci sono progetti belli che restano nei cassetti per mancanza di soldi.
Gli anziani si sentono soli e nessuno passa a trovarli.
La mia azienda ha dieci dipendenti e non trova personale.
Sarebbe bello avere più alberi e qualche panchina all'ombra.
Sono nata in un altro paese e qui mi sono trovata bene.
L'idea è buona, ma bisogna capire chi la paga e chi la gestisce.
Il sabato c'è troppa confusione e non si riesce a parcheggiare.
La bolletta è raddoppiata e d'inverno teniamo il riscaldamento basso.
I giovani se ne vanno e restano soltanto le case chiuse.
Organizziamo una festa ogni estate e vengono anche da lontano.
Ho provato a telefonare tre volte, non risponde mai nessuno.
Coltivo la terra di mio padre e vendo quello che produco al mercato.
Le decisioni si prendono in città e qui arrivano sempre dopo.
Un servizio fatto bene si paga volentieri, uno fatto male no.
Con un computer e un po' di pazienza si può fare quasi tutto.
La fabbrica ha chiuso e duecento persone sono rimaste senza lavoro.
Dovremmo copiare quello che funziona nei paesi vicini.
Il sindaco ha promesso che entro l'anno i lavori saranno finiti.
Raccogliamo i rifiuti lungo il fiume due volte all'anno.
Chi abita in montagna ha gli stessi diritti di chi abita in centro.
Mi sposto in bicicletta tutti i giorni e rischio la vita agli incroci.
Non basta spendere, bisogna controllare che i risultati ci siano.
""",
    "en": """
We waited for an hour and in the end we walked home.
In my opinion it is better to start with small things.
Nobody answers the phone and the office is always closed.
Prices keep rising and many families cannot manage any more.
There used to be three shops here and now there are none.
I moved here two years ago and people have been kind to me.
The road in front of our house has been broken for months.
Young people leave because there is nothing for them to do.
I suggest a meeting every month that anyone can attend.
My company has ten employees and cannot find new staff.
The teacher is very good but the building is falling apart.
I do not agree with those who want to close everything.
We collected three hundred signatures and nothing changed.
It would be nice to have more trees and a few benches.
The idea is good but somebody has to pay for it.
When it rains the river rises and the cellar floods.
""",
    "fr": """
Hier nous avons attendu une heure et nous sommes rentrés à pied.
À mon avis il faut commencer par les petites choses.
Personne ne répond au téléphone et le bureau est toujours fermé.
Les prix augmentent encore et les familles n'y arrivent plus.
Avant il y avait trois magasins, maintenant il n'y en a plus.
Je suis arrivée il y a deux ans et je me sens bien ici.
La route devant chez nous est abîmée depuis des mois.
Les jeunes partent parce qu'il n'y a rien pour eux.
Je propose une réunion par mois ouverte à tous.
Mon entreprise a dix salariés et ne trouve personne.
L'institutrice est excellente mais le bâtiment tombe en ruine.
Je ne suis pas d'accord avec ceux qui veulent tout fermer.
Nous avons recueilli trois cents signatures et rien n'a changé.
Ce serait bien d'avoir plus d'arbres et quelques bancs.
L'idée est bonne mais il faut savoir qui va payer.
Quand il pleut la rivière monte et la cave est inondée.
""",
}


@lru_cache(maxsize=4)
def reference_centre(embedder: Embedder) -> Centre:
    """The centre of everyday sentences, per language and over all (Italian counting most); under a second, once."""
    languages = tuple(sorted(SENTENCES))
    means = []
    for language in languages:
        rows = [embedder.embed([sentence])[0] for sentence in SENTENCES[language].split("\n") if sentence]
        means.append(np.mean(rows, axis=0, dtype=np.float64))
    overall = means[languages.index("it")]
    return Centre(languages, np.asarray([overall, *means], dtype=np.float32))
