"""Subjects of public life, each told in seven registers and languages, a blank line between two; written for `subjects` and for no plan."""

from __future__ import annotations

from consult.analytics.subjects_of_plans import OF_PLANS

LANGUAGES = ("it", "it", "it", "it", "it", "fr", "en")  # of the lines of each subject, in order
OF_LIFE = """
L'autobus delle sette non passa mai e restiamo sotto la pioggia ad aspettare.
Vorremmo corse più frequenti anche la domenica, soprattutto per chi non ha la macchina.
Potenziamento delle linee extraurbane e delle fermate
Sciopero dei mezzi pubblici, garantite le fasce del mattino
Il servizio di trasporto su gomma è affidato in base al contratto con il gestore.
Les bus sont trop rares le soir dans les communes de la périphérie.
Buses should run later and more often.

Il treno è sempre in ritardo e le carrozze sono vecchie e sporche.
Propongo di riaprire la stazione e di far fermare lì anche i diretti.
Raddoppio dei binari della linea regionale
Guasto sulla linea, convogli cancellati e pendolari a piedi
Gli interventi riguardano l'armamento, l'elettrificazione e i sistemi di sicurezza della rete ferroviaria.
Il faut rouvrir la petite ligne de chemin de fer et la gare.
The railway line needs new carriages and a second track.

Andare in bici qui è un suicidio, le auto ti sfiorano.
Sarebbe bello avere una pista ciclabile continua fino alla scuola, separata dalla strada.
Rete dei percorsi ciclabili e parcheggi custoditi per le due ruote
Domenica la pedalata in compagnia, si parte dalla piazza alle dieci
Si prevede la realizzazione di itinerari ciclopedonali protetti con segnaletica dedicata.
Plus de pistes cyclables sécurisées pour aller au travail à vélo.
Safe cycle paths would get people out of their cars.

La strada provinciale è tutta buche e ho già rotto due gomme.
Chiediamo che l'asfalto venga rifatto come si deve e non a toppe.
Manutenzione straordinaria di ponti e viabilità
Chiusa per lavori la circonvallazione, deviazioni fino a venerdì
L'ente proprietario provvede al ripristino del manto stradale e delle barriere.
Les routes départementales sont pleines de trous.
The road surface and the bridge must be repaired.

In centro non si trova un posto per la macchina e i residenti girano un'ora.
Io farei un parcheggio grande all'ingresso della città, con la navetta.
Revisione della sosta a pagamento e della zona a traffico limitato
Da lunedì nuovi sensi unici e divieti di sosta
La disciplina della circolazione è modificata con ordinanza per ridurre la congestione.
Il y a trop de voitures en centre-ville et pas assez de stationnement.
Traffic jams and parking are the worst problem of the centre.

Davanti all'asilo le macchine corrono e prima o poi succede una disgrazia.
Mettete un dosso e un attraversamento rialzato, così i bambini passano tranquilli.
Moderazione della velocità e sicurezza di pedoni
Scontro tra auto e scooter all'incrocio, ferito un ragazzo
Il piano individua i punti con maggiore incidentalità e gli interventi sugli attraversamenti.
Il faut ralentir les voitures près des écoles.
Crossings need to be safer for people on foot.

I cassonetti traboccano e per terra c'è di tutto.
Si potrebbe premiare chi differenzia bene con uno sconto in bolletta.
Raccolta porta a porta e nuova isola ecologica
Cambia il calendario del ritiro di carta e plastica
L'impianto tratta la frazione organica e recupera materiali dagli scarti.
Réduire les déchets et mieux trier les emballages.
Less packaging, more recycling and repairing.

Il giardinetto è abbandonato, l'erba è alta e le panchine sono rotte.
Piantiamo alberi lungo i viali, che d'estate non si respira.
Nuovo parco urbano e corridoi per la fauna
Al via la potatura dei platani sul lungofiume
La tutela degli habitat e delle aree verdi concorre alla conservazione della biodiversità.
Plus d'arbres et d'espaces verts, moins de béton.
Plant more trees and look after the parks.

Dal rubinetto esce acqua gialla e quando c'è siccità ce la razionano.
Bisogna smettere di perdere metà dell'acqua nei tubi vecchi.
Ammodernamento dell'acquedotto e della depurazione
Sospesa l'erogazione idrica in tre vie per una rottura
Il gestore del servizio idrico integrato riduce le dispersioni e misura i consumi.
L'eau potable est précieuse, il faut réparer les canalisations.
Water is wasted because the pipes leak.

Con queste bollette della luce non arriviamo a fine mese.
Mettiamo i pannelli sul tetto della palestra e dividiamo l'energia tra vicini.
Impianti fotovoltaici e comunità dell'energia
Presentato il progetto della nuova centrale a biomasse
Gli incentivi sostengono la produzione da fonti rinnovabili e l'efficienza degli edifici.
Développer le solaire et isoler les logements.
Solar roofs and better insulation would cut our bills.

L'aria è irrespirabile, i miei figli hanno sempre la tosse.
Bisognerebbe fermare i motori più vecchi e chi brucia nei campi.
Misure contro polveri sottili e smog
Superati i limiti, scatta il blocco dei diesel
Il monitoraggio rileva le concentrazioni di inquinanti e l'esposizione della popolazione.
La pollution de l'air rend les enfants malades.
Air pollution is far above the limits.

Ogni volta che piove forte il torrente ci entra in casa.
Pulite gli argini prima dell'autunno, non dopo il disastro.
Difesa del suolo e sistemazione dei versanti
Allerta meteo, scuole chiuse e strade allagate
Gli interventi mitigano il rischio idrogeologico nei bacini e nelle aree franose.
Il faut protéger les villages contre les inondations.
Flood defences must be built before the next storm.

Nella classe di mia figlia i termosifoni sono spenti e piove dal soffitto.
Vorrei che le aule restassero aperte anche il pomeriggio per fare i compiti insieme.
Edilizia scolastica e nuovi laboratori
Studenti in gita alla scoperta del museo, premiati i migliori elaborati
Il piano dell'offerta formativa contrasta la dispersione e i divari di apprendimento.
Les classes sont trop chargées et les bâtiments vétustes.
Schools need repairs and more teachers.

Per l'asilo nido siamo centoventesimi in lista e io devo tornare a lavorare.
Proporrei orari più lunghi e rette legate al reddito.
Servizi per la prima infanzia e sostegno ai genitori
Aperte le iscrizioni ai centri estivi per bambini
Sono ampliati i posti nella fascia zero-sei anni con contributi alle famiglie.
Il manque des places en crèche pour les jeunes parents.
Childcare is too expensive for young families.

Dopo la laurea chi fa ricerca deve andarsene all'estero.
Perché non portare qualche corso dell'università anche fuori dal capoluogo?
Borse di dottorato e alloggi per studenti
Inaugurato l'anno accademico con una lezione sul cervello
Il programma finanzia progetti di ricerca e collaborazioni tra atenei e centri.
L'université doit s'ouvrir aux habitants et aux entreprises.
More scholarships and better labs for researchers.

I ragazzi escono dal professionale e non sanno usare le macchine che troveranno.
Servono corsi fatti insieme alle officine, con tirocini pagati.
Formazione professionale, apprendistato e orientamento
Al via il corso gratuito per operatori del legno
Le qualifiche sono aggiornate ai fabbisogni con percorsi tra istituti tecnici e botteghe.
Former les apprentis aux métiers dont on a besoin ici.
Training should match the jobs that exist.

Ho cinquant'anni, hanno chiuso lo stabilimento e nessuno mi chiama più.
Aiutate chi ha perso il posto a rimettersi in gioco, non solo con il sussidio.
Centri per l'impiego e politiche attive
Vertenza in fabbrica, presidio degli operai ai cancelli
Le misure favoriscono l'occupazione stabile e la riqualificazione dei lavoratori.
Le chômage et les contrats précaires touchent les jeunes.
Decent jobs and fair wages for everyone.

Da quando c'è il centro commerciale le botteghe del corso abbassano la serranda.
Facciamo pagare meno affitto a chi apre un negozio nelle vie vuote.
Sostegno ad artigiani e piccole imprese
Bando per il commercio di vicinato, domande entro il 30
Gli investimenti innovativi delle aziende sono agevolati con credito e garanzie.
Aider les petits commerces et les artisans du bourg.
Small firms need credit and fewer forms.

I nostri pomodori restano nei campi e al supermercato ci sono quelli spagnoli.
Mi piacerebbe un mercato dei contadini ogni sabato e la mensa con i prodotti di qui.
Filiere corte e ricambio generazionale in agricoltura
Torna la fiera del bestiame e del formaggio
I contributi sostengono le aziende agricole, l'allevamento e le produzioni di qualità.
Soutenir les agriculteurs et manger local.
Farmers deserve a fair price for local food.

I turisti passano, fotografano e vanno a dormire altrove.
Perché non segnare bene i sentieri e fare un biglietto solo per castelli e rifugi?
Promozione turistica e accoglienza diffusa
Boom di visitatori nel ponte, alberghi pieni
La destinazione è valorizzata attraverso itinerari, strutture ricettive e prodotti tematici.
Faire connaître la vallée aux visiteurs toute l'année.
Walking trails could bring visitors in every season.

Qui la sera non c'è niente, il cinema ha chiuso anni fa.
Date a noi musicisti una sala dove provare e suonare dal vivo.
Stagione teatrale e rassegne di spettacolo
Concerto del quartetto d'archi domani alle 21, ingresso libero
Il sostegno alle attività culturali comprende produzioni, festival e residenze artistiche.
Plus de concerts et de théâtre hors de la ville.
We miss a place for music and theatre.

La biblioteca chiude proprio quando usciamo dal lavoro.
Aprite il palazzo antico e fatelo raccontare dai ragazzi.
Restauro di chiese, archivi e musei
Mostra sui pittori del Seicento prorogata a gennaio
Il patrimonio storico e artistico è tutelato e reso accessibile al pubblico.
Restaurer le patrimoine et ouvrir les musées gratuitement.
The library and the museum should open longer.

La palestra ha il pavimento che si solleva e le docce fredde.
Vorremmo un campetto libero dove giocare senza pagare.
Impianti sportivi e attività fisica per tutti
Vittoria in trasferta, la squadra sale al terzo posto
Le società dilettantistiche gestiscono le strutture con convenzione pluriennale.
Rénover la piscine et le gymnase de la commune.
An open-air gym would help people keep fit.

Il mio medico è andato in pensione e non l'hanno sostituito.
Chiedo che per una visita non si debba aspettare un anno o andare dal privato.
Case della comunità e cure a domicilio
Nuova risonanza all'ospedale, tempi di attesa ridotti
L'assistenza territoriale integra presidi, ambulatori e sanità a distanza.
On ne trouve plus de médecin dans nos campagnes.
Waiting lists for specialists are far too long.

Mia madre ha novant'anni, vive sola e nessuno le porta la spesa.
Si potrebbe fare un gruppo di volontari che telefona ogni giorno agli anziani.
Assistenza domiciliare e residenze per non autosufficienti
Festa dei nonni al centro diurno con musica e merenda
L'anziano fragile è preso in carico con un progetto individuale.
Aider les personnes âgées à rester chez elles.
Old people need help at home and company.

Con la carrozzina non riesco a salire sul marciapiede né in municipio.
Togliete i gradini e mettete gli ascensori, prima di fare cose nuove.
Accessibilità e vita indipendente delle persone con disabilità
Spiaggia senza barriere, inaugurata la passerella
I sostegni favoriscono l'autonomia, l'inclusione scolastica e il dopo di noi.
Rendre accessibles les bâtiments aux personnes handicapées.
People with disabilities cannot get into the building.

Gli affitti sono alle stelle e due stipendi non bastano.
Ci sono alloggi popolari vuoti da anni: sistemateli e dateli a chi aspetta.
Edilizia sociale e recupero di appartamenti sfitti
Pubblicata la graduatoria per le case comunali
Il fondo copre la morosità incolpevole e i contributi alla locazione.
Construire des logements à loyer modéré.
Rents are too high for ordinary families.

Sempre più gente fa la fila per un pacco di pasta.
Raccogliamo quello che avanza nei negozi e portiamolo a chi ne ha bisogno.
Contrasto alla povertà e accoglienza dei senza dimora
Emergenza freddo, aperto il dormitorio
Il reddito di sostegno è accompagnato da percorsi di inclusione.
Lutter contre la pauvreté et l'exclusion.
Nobody should have to sleep in the street.

Sono arrivato da cinque anni e per un foglio mi mandano da un ufficio all'altro.
Facciamo corsi di italiano la sera, con qualcuno che tiene i bambini.
Integrazione dei cittadini stranieri e mediazione
Sbarcati in ottanta, accolti in tre strutture
Il sistema di accoglienza assicura orientamento ai richiedenti asilo.
Mieux accueillir les réfugiés et les aider à apprendre la langue.
Newcomers need language classes and papers.

Noi ragazzi stiamo sulle panchine perché un posto nostro non esiste.
Lasciateci gestire da soli una stanza, anche piccola.
Spazi giovanili e servizio civile
Incontro nelle superiori con gli ambasciatori del volontariato
Le politiche per i giovani promuovono il protagonismo e la cittadinanza attiva.
Donner aux jeunes des lieux et des responsabilités.
Young people want a say and a place to meet.

Per una pratica servono tre marche da bollo e quattro sportelli.
Vorrei fare tutto da casa, ma con qualcuno che risponde se mi blocco.
Semplificazione dei procedimenti e servizi in rete
Anagrafe chiusa giovedì per aggiornamento dei sistemi
L'amministrazione digitalizza le istanze e forma il proprio personale.
Simplifier les démarches administratives.
Too much paper, too many counters.

In casa mia internet va a singhiozzo e il telefono prende solo in cortile.
Portate la fibra anche nelle frazioni, non solo dove conviene.
Banda larga e competenze informatiche
Attivato il wifi gratuito in piazza
Le infrastrutture di rete coprono le aree bianche con velocità garantita.
Le haut débit doit arriver dans tous les villages.
There is no signal in the valley.

Mi hanno rubato in casa due volte e la sera ho paura a uscire.
Ci vorrebbero più pattuglie a piedi e strade illuminate.
Sicurezza urbana e videosorveglianza
Arrestato lo spacciatore, sequestrati due chili di hashish
Gli agenti hanno elevato verbali e denunciato i responsabili all'autorità.
Plus de policiers dans les rues la nuit.
Burglaries have doubled and nobody patrols.

Paghiamo sempre di più e non si vede dove finiscono i soldi.
Abbassate l'imposta sulla prima casa e fate pagare chi evade.
Riduzione di tributi e lotta all'evasione
Scade il 16 la rata della tassa comunale
Le aliquote e le detrazioni sono determinate con regolamento.
Baisser les impôts et taxer davantage les plus riches.
Taxes should be lower and fairer.

Ci chiedono il voto ogni cinque anni e poi spariscono.
Decidiamo insieme una parte delle spese, con assemblee nei quartieri.
Partecipazione dei cittadini e referendum
Urne aperte domenica, come si vota
Sono eletti i componenti del consiglio e disciplinate le incompatibilità.
Plus de démocratie directe et moins d'élus.
Citizens should decide, not only politicians.

La vecchia fabbrica cade a pezzi da trent'anni e intanto costruiscono sui prati.
Recuperate i capannoni vuoti prima di consumare altra terra.
Rigenerazione urbana e riuso di aree dismesse
Adottata la variante al piano regolatore
Lo strumento urbanistico disciplina le trasformazioni e le destinazioni d'uso.
Réhabiliter les friches plutôt que de bâtir sur les champs.
Empty buildings should be used before new ones are built.

I cani randagi girano e il canile è pieno.
Vietate i botti e fate un'area dove i cani possano correre.
Benessere animale e tutela della fauna selvatica
Salvato il capriolo caduto nel canale
La detenzione e il commercio di animali sono soggetti ad autorizzazione.
Protéger les animaux et limiter la chasse.
Stray dogs need shelter and adoption.

Quando denunci un marito violento poi torni a casa con lui.
Più posti nelle case rifugio e più educazione nelle scuole.
Parità di genere e centri contro la violenza
Panchina rossa in piazza per la giornata del 25 novembre
Le azioni promuovono pari opportunità, congedi e parità di salario.
L'égalité entre les femmes et les hommes au travail.
Women are still paid less for the same work.

Siamo in quattro volontari a tirare avanti la pro loco.
Dateci una sede e un'assicurazione, al resto pensiamo noi.
Reti del terzo settore e cooperative sociali
Raccolti duemila euro per la ricerca, grazie ai donatori
Gli enti senza scopo di lucro sono iscritti al registro e co-progettano.
Soutenir les associations et les bénévoles.
Volunteers keep this community alive.

In paese siamo rimasti in quaranta e la posta apre un giorno sì e tre no.
Chi viene a vivere quassù dovrebbe pagare meno.
Ripopolamento delle borgate e servizi in montagna
Riapre la bottega di alpeggio dopo vent'anni
La strategia per le aree interne contrasta lo spopolamento dei comuni marginali.
Maintenir les services publics dans les villages isolés.
Mountain villages are losing their people.

Un processo dura dieci anni e intanto i colpevoli sono liberi.
Chiediamo una legge che riconosca i diritti di tutte le coppie.
Riforma della giustizia e tutela dei diritti civili
La Corte ha rinviato la sentenza a marzo
Sono abrogati i commi del codice che puniscono la condotta.
Une justice plus rapide et plus humaine.
Everyone should have the same rights before the law.

Spendono per consulenze e poi dicono che non c'è un euro.
Pubblicate ogni spesa, così la controlliamo tutti.
Bilancio di previsione e investimenti
Approvato il rendiconto, avanzo di due milioni
Gli stanziamenti sono iscritti nei capitoli della spesa corrente.
Réduire le train de vie de l'État et la dette.
Public money is spent without control.

L'Europa decide sulle nostre teste e noi obbediamo.
Basta armi, usate quei soldi per la pace.
Cooperazione internazionale e gemellaggi
Il ministro incontra l'ambasciatore a Bruxelles
Il trattato è ratificato dagli Stati membri dell'Unione.
L'Union européenne doit être plus proche des citoyens.
The war must end and refugees be helped.

Non mi hanno nemmeno invitato all'inaugurazione.
Facciamo una festa di quartiere con tutte le associazioni.
Celebrazioni, ricorrenze e cerimonie
Il sindaco consegna la medaglia al centenario
La giunta ha ricevuto la delegazione in sala consiliare.
Une fête de village pour que les gens se rencontrent.
The ceremony will take place in the town hall.
"""
SUBJECTS = f"{OF_LIFE.rstrip()}\n{OF_PLANS}"
